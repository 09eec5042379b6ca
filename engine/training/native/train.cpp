// Entry points: train or measure the members of an ensemble, on some threads.
//
// Members are independent. With at least as many members as threads each thread takes whole
// members; with fewer, all threads share the slices of rows of one member after the other.

#include "one_layer.h"

#include <atomic>
#include <numeric>
#include <thread>

// Of a member's rows: pairs of the task, memorized pairs, validation pairs.
constexpr int SEGMENTS = 3, MEASURED = 3 * SEGMENTS + 2;

extern "C" {
struct Members {
    int32_t count, row_stride, batch, steps, threads;
    int32_t gradient_is_known;               // of the first step, from measure()
    const int32_t *chosen;                   // [count], which members of the arrays below
    const int32_t *ends;                     // [members, SEGMENTS]
    const int32_t *cells;                    // [members, row_stride, positions - 1], table rows
    const int32_t *labels, *parts;           // [members, row_stride]
    const int32_t *order;                    // [members, steps, batch], or null: all training rows
    const double *rates;                     // [members, 5]: rate, warm-up, decay, beta1, beta2
    real *flat, *exp_avg, *exp_avg_sq, *gradient; // [members, size]
    double *measured;                             // [members, MEASURED], of measure()
};
}

namespace {

constexpr int SLICE = 1024; // rows that are worth a thread of their own
constexpr int MOST_SLICES = 8;

int slices_of(int rows) { return std::clamp(rows / SLICE, 1, MOST_SLICES); }

// Where all threads of a team wait for each other; yields, because cores may be fewer.
class Barrier {
  public:
    explicit Barrier(int size) : size_(size) {}
    void wait() {
        if (size_ == 1) return;
        const int turn = turn_.load();
        if (waiting_.fetch_add(1) + 1 == size_) {
            waiting_.store(0);
            turn_.fetch_add(1);
        } else {
            for (int spins = 0; turn_.load() == turn; ++spins)
                if (spins > 1000) std::this_thread::yield();
        }
    }

  private:
    const int size_;
    std::atomic<int> waiting_{0}, turn_{0};
};

// What a team of threads works with, one member at a time.
struct Team {
    const int size;
    Prepared prepared;
    std::vector<Sums> sums;
    std::vector<double> losses; // of each row, and whether its answer is right
    std::vector<uint8_t> right;
    Barrier barrier;
    Team(const Sizes &s, int size, int slices, int rows)
        : size(size), prepared(s), losses(rows), right(rows), barrier(size) {
        sums.reserve(slices);
        for (int i = 0; i < slices; ++i) sums.emplace_back(s);
    }
};

// AdamW as PyTorch computes it (torch.optim.AdamW), on n numbers; step from 1.
void adamw(const double *rates, int64_t step, int64_t n, real *__restrict w, const real *__restrict g,
           real *__restrict mean, real *__restrict square) {
    const double warm = std::min(1.0, double(step) / std::max(1.0, rates[1])), rate = rates[0] * warm;
    const double beta1 = rates[3], beta2 = rates[4];
    const real keep = real(1 - rate * rates[2]), rest1 = real(1 - beta1), b2 = real(beta2);
    const real rest2 = real(1 - beta2), size = real(rate / (1 - std::pow(beta1, double(step))));
    const real root = real(std::sqrt(1 - std::pow(beta2, double(step)))), epsilon = real(1e-8);
    for (int64_t i = 0; i < n; ++i) {
        mean[i] += (g[i] - mean[i]) * rest1;
        square[i] = square[i] * b2 + g[i] * g[i] * rest2;
        w[i] = w[i] * keep - size * (mean[i] / (std::sqrt(square[i]) / root + epsilon));
    }
}

double norm(const real *x, int64_t n) {
    constexpr int LANES = 8; // so that the sum is not one long chain
    double sums[LANES] = {};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int lane = 0; lane < LANES; ++lane) sums[lane] += double(x[i + lane]) * x[i + lane];
    for (; i < n; ++i) sums[0] += double(x[i]) * x[i];
    return std::sqrt(std::accumulate(sums, sums + LANES, 0.0));
}

struct Task {
    const Model &m;
    const Members &all;
    const Sizes s;

    Rows rows(int e, int step) const {
        const int64_t first = int64_t(e) * all.row_stride;
        const int32_t *order =
            all.order ? all.order + (int64_t(e) * all.steps + step) * all.batch : nullptr;
        return {all.cells + first * s.cells, all.labels + first, all.parts + first, order,
                order ? all.batch : training_rows(e)};
    }
    int training_rows(int e) const { return all.ends[e * SEGMENTS + 1]; }
    int all_rows(int e) const { return all.ends[e * SEGMENTS + 2]; }

    // The gradient of member e over `r`, into all.gradient; called by every thread of a team.
    void differentiate(int e, const Rows &r, Team &team, int rank, Block &block,
                       Measured measured = {}) const {
        const real *w = all.flat + e * m.size;
        const int slices = slices_of(r.count), blocks = (r.count + BLOCK - 1) / BLOCK;
        if (rank == 0) prepare(m, s, w, team.prepared);
        team.barrier.wait();
        for (int i = rank; i < slices; i += team.size) {
            team.sums[i].zero();
            for (int b = blocks * i / slices; b < blocks * (i + 1) / slices; ++b)
                add_block(m, s, team.prepared, r, b * BLOCK, std::min(BLOCK, r.count - b * BLOCK),
                          1.0 / r.count, block, team.sums[i], measured);
        }
        team.barrier.wait();
        if (rank == 0) {
            for (int i = 1; i < slices; ++i) team.sums[0].add(team.sums[i]);
            finish(m, s, w, team.prepared, team.sums[0], all.gradient + e * m.size);
        }
    }

    void train(int e, int64_t from, Team &team, int rank, Block &block) const {
        for (int step = 0; step < all.steps; ++step) {
            if (step || !all.gradient_is_known)
                differentiate(e, rows(e, step), team, rank, block);
            const int64_t first = e * m.size;
            if (rank == 0)
                adamw(all.rates + 5 * e, from + step + 1, m.size, all.flat + first,
                      all.gradient + first, all.exp_avg + first, all.exp_avg_sq + first);
        }
    }

    // The gradient over the whole training set, then the other rows; called by every thread.
    void measure(int e, Team &team, int rank, Block &block) const {
        const Rows r = rows(e, 0);
        const Measured measured{team.losses.data(), team.right.data()};
        differentiate(e, r, team, rank, block, measured);
        for (int first = r.count + rank * BLOCK; first < all_rows(e); first += team.size * BLOCK) {
            const int n = std::min(BLOCK, all_rows(e) - first);
            forward(m, s, team.prepared, r, first, n, block);
            for (int i = 0; i < n; ++i) {
                real *row = block.logits() + i * s.Pp;
                const int label = r.labels[first + i];
                measured.right[first + i] = is_right(row, s.Pp, label);
                double &loss = measured.losses[first + i];
                if (m.loss_in_double) {
                    std::copy_n(row, s.Pp, block.precise.data());
                    loss = exponentials(block.precise.data(), s.Pp, label).loss();
                } else {
                    loss = exponentials(row, s.Pp, label).loss();
                }
            }
        }
        team.barrier.wait(); // the others go on to the next member, where they wait for its tables
        if (rank == 0) sum_up(e, measured);
    }

    void sum_up(int e, const Measured &measured) const {
        double *sums = all.measured + e * MEASURED;
        for (int segment = 0, row = 0; segment < SEGMENTS; ++segment) {
            double loss = 0;
            int right = 0, none = 0;
            for (; row < all.ends[e * SEGMENTS + segment]; ++row) {
                loss += measured.losses[row];
                right += measured.right[row];
                none += measured.losses[row] == 0;
            }
            sums[segment] = loss;
            sums[SEGMENTS + segment] = right;
            sums[2 * SEGMENTS + segment] = none;
        }
        sums[3 * SEGMENTS] = norm(all.flat + e * m.size, m.size);
        sums[3 * SEGMENTS + 1] = norm(all.gradient + e * m.size, m.size);
    }
};

// Call work(member, team, rank, block) for every member, on all.threads threads.
template <typename Work> void share(const Task &task, Work work) {
    const Members &all = task.all;
    int most = all.batch;
    for (int i = 0; i < all.count && !all.order; ++i)
        most = std::max(most, task.training_rows(all.chosen[i]));
    const int slices = slices_of(most);
    const bool together = all.count < all.threads;
    const int threads = together ? std::min(all.threads, slices) : all.threads;
    Team shared(task.s, threads, together ? slices : 0, together ? all.row_stride : 0);
    std::atomic<int> next{0};
    auto run = [&](int rank) {
        Block block(task.s);
        if (together) {
            for (int i = 0; i < all.count; ++i) work(all.chosen[i], shared, rank, block);
        } else {
            Team own(task.s, 1, slices, all.row_stride);
            for (int i; (i = next.fetch_add(1)) < all.count;) work(all.chosen[i], own, 0, block);
        }
    };
    std::vector<std::thread> others;
    for (int rank = 1; rank < threads; ++rank) others.emplace_back(run, rank);
    run(0);
    for (std::thread &other : others) other.join();
}

} // namespace

extern "C" {

// Optimizer steps from + 1 … from + members->steps of every member, in place.
void train(const Model *model, const Members *members, int64_t from) {
    const Task task{*model, *members, Sizes(*model)};
    share(task, [&](int e, Team &team, int rank, Block &b) { task.train(e, from, team, rank, b); });
}

// The gradient of the mean loss over the whole training set of every member; over each segment of
// its rows the sum of the losses, the right answers, the losses of 0; the norms of parameters and
// gradient.
void measure(const Model *model, const Members *members) {
    const Task task{*model, *members, Sizes(*model)};
    share(task, [&](int e, Team &team, int rank, Block &b) { task.measure(e, team, rank, b); });
}
}
