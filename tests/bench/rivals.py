"""Ways to train many small transformers at once, on the same work: full batch, AdamW, no warm-up.

A rival is made for some runs and then takes steps. All take the same steps from the same weights;
``weights()`` of the first run lets the benchmark check that before it believes any number.
On a GPU ``take`` returns when the work is done, not when it is launched.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol
from unittest import mock

import numpy as np
import torch
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.nn import functional

from engine.specification.config import RunConfig
from engine.textbook import TextbookTransformer
from engine.training import native
from engine.training.data import build
from engine.training.ensemble import Ensemble
from engine.training.layout import Floats

EPSILON = 1e-8


class Rival(Protocol):
    """Trains the runs that it was made for."""

    def take(self, steps: int) -> None:
        """So many optimizer steps of every run."""

    def weights(self) -> Floats:
        """The unembedding of the first run."""


def finished(device: str) -> None:
    """Wait until ``device`` has done what it was given."""
    if device != "cpu":
        torch.accelerator.synchronize(device)


def _training_set(config: RunConfig, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    data = build(config)
    tokens, labels = (torch.from_numpy(a[: data.training_rows]) for a in (data.tokens, data.labels))
    return tokens.to(device), labels.to(device)


def _adamw(parameters: Any, config: RunConfig) -> torch.optim.AdamW:
    return torch.optim.AdamW(
        parameters,
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        weight_decay=config.weight_decay,
    )


class TextbookLoop:
    """One model after the other: what one writes first."""

    def __init__(self, configs: Sequence[RunConfig], device: str) -> None:
        self._device = device
        self._models = [TextbookTransformer(config).to(device) for config in configs]
        self._sets = [_training_set(config, device) for config in configs]
        self._optimizers = [
            _adamw(model.parameters(), config)
            for model, config in zip(self._models, configs, strict=True)
        ]

    def take(self, steps: int) -> None:
        runs = zip(self._models, self._sets, self._optimizers, strict=True)
        for model, (tokens, labels), optimizer in runs:
            for _ in range(steps):
                optimizer.zero_grad()
                loss = functional.cross_entropy(model(tokens), labels)
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
        finished(self._device)

    def weights(self) -> Floats:
        return self._models[0].unembed.W_U.detach().cpu().numpy()


class TorchVmap:
    """``torch.func.vmap`` over ``stack_module_state``, PyTorch's own way to train an ensemble."""

    def __init__(self, configs: Sequence[RunConfig], device: str) -> None:
        self._device = device
        models = [TextbookTransformer(config).to(device) for config in configs]
        self._parameters, _ = stack_module_state(models)
        sets = [_training_set(config, device) for config in configs]
        self._tokens = torch.stack([tokens for tokens, _ in sets])
        self._labels = torch.stack([labels for _, labels in sets])
        base = models[0].to("meta")

        def loss(parameters: Any, tokens: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            return functional.cross_entropy(functional_call(base, parameters, (tokens,)), labels)

        self._gradients = vmap(grad(loss))
        self._optimizer = _adamw(self._parameters.values(), configs[0])

    def take(self, steps: int) -> None:
        for _ in range(steps):
            detached = {name: p.detach() for name, p in self._parameters.items()}
            for name, g in self._gradients(detached, self._tokens, self._labels).items():
                self._parameters[name].grad = g
            self._optimizer.step()
        finished(self._device)

    def weights(self) -> Floats:
        weights: Floats = self._parameters["unembed.W_U"][0].detach().cpu().numpy()
        return weights


class JaxVmap:
    """JAX: the textbook function under vmap, the steps under jit and scan, where JAX puts them."""

    def __init__(self, configs: Sequence[RunConfig], device: str) -> None:
        jax: Any = importlib.import_module("jax")
        jax.config.update("jax_platforms", device.partition(":")[0])
        jnp: Any = importlib.import_module("jax.numpy")
        config = configs[0]
        states = [TextbookTransformer(each).state_dict() for each in configs]
        parameters = {name: jnp.stack([jnp.asarray(s[name]) for s in states]) for name in states[0]}
        sets = [_training_set(each, "cpu") for each in configs]
        tokens = jnp.stack([jnp.asarray(tokens) for tokens, _ in sets])
        labels = jnp.stack([jnp.asarray(labels) for _, labels in sets])
        future = np.triu(np.ones((3, 3), dtype=bool), 1)

        def loss(p: Any, tokens: Any, labels: Any) -> Any:
            x = p["embed.W_E"][tokens] + p["pos_embed.W_pos"]
            q, k, v = (
                jnp.einsum("ncd,hdk->nhck", x, p[f"blocks.0.attn.{name}"])
                for name in ("W_Q", "W_K", "W_V")
            )
            scores = q @ jnp.swapaxes(k, -1, -2) / q.shape[-1] ** 0.5
            pattern = jax.nn.softmax(jnp.where(future, -jnp.inf, scores), axis=-1)
            x = x + jnp.einsum("nhck,hkd->ncd", pattern @ v, p["blocks.0.attn.W_O"])
            hidden = jax.nn.relu(x @ p["blocks.0.mlp.W_in"] + p["blocks.0.mlp.b_in"])
            x = x + hidden @ p["blocks.0.mlp.W_out"] + p["blocks.0.mlp.b_out"]
            logits = x[:, -1] @ p["unembed.W_U"]
            return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()

        gradients = jax.vmap(jax.grad(loss))

        def step(carry: Any, _: Any) -> Any:
            parameters, mean, square, count = carry
            g = gradients(parameters, tokens, labels)
            count = count + 1

            def each(update: Callable[..., Any], *trees: Any) -> Any:
                return {name: update(*(tree[name] for tree in trees)) for name in g}

            mean = each(lambda m, g: m + (g - m) * (1 - config.beta1), mean, g)
            square = each(lambda s, g: config.beta2 * s + (1 - config.beta2) * g * g, square, g)
            rate = config.learning_rate

            def move(p: Any, m: Any, s: Any) -> Any:
                root = jnp.sqrt(s / (1 - config.beta2**count)) + EPSILON
                decayed = p * (1 - rate * config.weight_decay)
                return decayed - rate * m / (1 - config.beta1**count) / root

            return (each(move, parameters, mean, square), mean, square, count), None

        def run(carry: Any, steps: int) -> Any:
            return jax.lax.scan(step, carry, None, length=steps)[0]

        self._run = jax.jit(run, static_argnums=1)
        zeros = {name: jnp.zeros_like(p) for name, p in parameters.items()}
        self._carry = (parameters, zeros, zeros, jnp.zeros(()))
        self._wait = jax.block_until_ready

    def take(self, steps: int) -> None:
        self._carry = self._wait(self._run(self._carry, steps))

    def weights(self) -> Floats:
        return np.asarray(self._carry[0]["unembed.W_U"][0])


class Ours:
    """The ensemble as a worker trains it."""

    def __init__(self, configs: Sequence[RunConfig], device: str) -> None:
        self._ensemble = Ensemble(configs, device)

    def take(self, steps: int) -> None:
        self._ensemble.train(self._ensemble.step + steps)

    def weights(self) -> Floats:
        return self._ensemble.states([0])[0].tensors["unembed.W_U"]


class OursWithoutCompiler(Ours):
    """The same on a machine that has no C++ compiler."""

    def __init__(self, configs: Sequence[RunConfig], device: str) -> None:
        with mock.patch.object(native, "library", return_value=None):
            super().__init__(configs, device)


RIVALS: dict[str, Callable[[Sequence[RunConfig], str], Rival]] = {
    "textbook loop": TextbookLoop,
    "torch.func.vmap": TorchVmap,
    "JAX vmap+jit+scan": JaxVmap,
    "ours, no compiler": OursWithoutCompiler,
    "ours": Ours,
}


def missing(device: str) -> dict[str, str]:
    """Rivals that cannot run on ``device``, and why."""
    reasons = {}
    try:
        importlib.import_module("jax")
    except ImportError:
        reasons["JAX vmap+jit+scan"] = "jax is not installed; pip install '.[bench]' brings it"
    if device != "cpu":
        reasons["ours, no compiler"] = f"the step on {device} needs none"
    elif native.library(torch.float32) is None:
        reasons["ours"] = "no C++ compiler was found"
    return reasons
