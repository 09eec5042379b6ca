"""Which queued runs train together: the head of the queue, its like, within the budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.planning import SMALL, WIDEST, choose
from engine.specification.estimate import MEMBERS_AT_ONCE
from store.queue import Candidate

PLENTY = 2**40


def candidate(
    run_id: int,
    *,
    shape: str = "a",
    train_size: int = 100,
    memory: int = 10,
    resume_step: int | None = None,
) -> Candidate:
    return Candidate(run_id, 1, shape, train_size, memory, resume_step, 0)


def test_an_empty_queue_gives_nothing() -> None:
    assert choose([], "cpu", PLENTY) == []


def test_only_the_like_of_the_head_join_it() -> None:
    queue = [
        candidate(1),
        candidate(2, shape="b"),
        candidate(3),
        candidate(4, resume_step=50),
        candidate(5, train_size=SMALL),
        candidate(6, train_size=10 * SMALL),
        candidate(7, resume_step=0),  # has a state to go on from, which the others lack
    ]
    assert choose(queue, "cpu", PLENTY) == [1, 3, 5]


def test_large_training_sets_join_only_near_ones() -> None:
    queue = [
        candidate(1, train_size=4000),
        candidate(2, train_size=3300),
        candidate(3, train_size=3000),
    ]
    assert choose(queue, "cpu", PLENTY) == [1, 2]


def test_a_head_beyond_the_budget_trains_alone() -> None:
    assert choose([candidate(1, memory=100), candidate(2, memory=100)], "cpu", 50) == [1]


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(1, 20_000), st.integers(1, 1000)), min_size=1
    ),
    st.integers(1, 20_000),
    st.sampled_from(["cpu", "cuda:0", "mps"]),
)
def test_every_choice_keeps_every_rule(
    rows: list[tuple[str, int, int]], budget: int, device: str
) -> None:
    queue = [
        candidate(i, shape=shape, train_size=size, memory=memory)
        for i, (shape, size, memory) in enumerate(rows)
    ]
    chosen = [queue[i] for i in choose(queue, device, budget)]
    assert queue[0] in chosen
    assert {one.shape for one in chosen} == {queue[0].shape}
    # A stack is padded to its largest member.
    assert len(chosen) == 1 or max(one.memory_bytes for one in chosen) * len(chosen) <= budget
    assert len(chosen) <= MEMBERS_AT_ONCE[device.partition(":")[0]]
    for one in chosen:
        low, high = sorted((one.train_size, queue[0].train_size))
        assert high <= max(SMALL, WIDEST * low)
