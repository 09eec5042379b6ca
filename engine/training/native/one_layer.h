// Loss and gradient of one-layer transformers, the backward pass derived by hand.
//
// The function is that of engine/textbook.py. What makes it cheap is exact: the answer is read at
// the position of "=", whose query is the same for every row, and keys and values are functions of
// a table of (token, position) rows. With e = exp(score) and u = e * value taken per table row,
//     attention of a row = (sum of its u) / (sum of its e),
// elementwise once e is repeated over the width of its head. So a training row reads a few table
// rows, adds and divides; its backward pass adds to the same rows. The rest are matrix products on
// blocks of rows that stay in the cache.
//
// A member is computed by itself, in an order that only its own size decides: its result is the
// same bits whatever its companions and the number of threads.
//
// Names as in engine/training: d width, M = 4d, P classes, R table rows. d_x is the gradient of x.

#pragma once

#include "arithmetic.h"

#include <memory>
#include <new>
#include <vector>

extern "C" {
struct Model {
    int32_t width, heads, classes, positions; // positions: 3, in a mixture 4
    int32_t split, loss_in_double;
    int64_t size; // numbers in the flat buffer of a member
    int64_t W_E, W_pos, W_Q, W_K, W_V, W_O, W_in, b_in, W_out, b_out, W_U; // where they begin
};
}

namespace {

constexpr int BLOCK = 64;        // rows whose activations stay in the cache
constexpr real SAFE = real(60);  // e^60 and its products are far from overflow

class Buffer { // zeros, aligned for vectors
  public:
    explicit Buffer(int64_t n = 0) { resize(n); }
    void resize(int64_t n) {
        size_ = n + VL;
        data_.reset(static_cast<real *>(::operator new(size_ * sizeof(real), std::align_val_t(64))));
        zero();
    }
    void zero() { std::memset(data_.get(), 0, size_ * sizeof(real)); }
    void add(const Buffer &other) {
        for (int64_t i = 0; i < size_; ++i) data_.get()[i] += other.data_.get()[i];
    }
    real *operator()() { return data_.get(); }
    const real *operator()() const { return data_.get(); }

  private:
    struct Free {
        void operator()(real *p) const { ::operator delete(p, std::align_val_t(64)); }
    };
    std::unique_ptr<real, Free> data_;
    int64_t size_ = 0;
};

struct Sizes {
    int d, M, P, R, H, head, cells, dp, Mp, Pp;
    explicit Sizes(const Model &m)
        : d(m.width), M(4 * m.width), P(m.classes),
          R(2 * m.classes + 1 + (m.positions == 4 ? 2 : 0)), H(m.heads), head(m.width / m.heads),
          cells(m.positions - 1), dp(padded(d)), Mp(padded(M)), Pp(padded(P)) {}
    int token(int r) const { // of a table row: elements, in a mixture two operators, elements, "="
        if (r < P) return r;
        if (r == R - 1) return P;
        return cells == 3 && r < P + 2 ? r + 1 : r - P - (cells == 3 ? 2 : 0);
    }
    int position(int r) const {
        if (r < P) return 0;
        if (r == R - 1) return cells;
        return cells == 3 && r >= P + 2 ? 2 : 1;
    }
};

// What all rows of one step share: the tables, and the weights in the order of the products.
struct Prepared {
    Buffer table, value, score, u, query, key, equal, ue, no_class, zero, b_in,
        b_out, square;
    Buffer W_V, W_O, W_in, W_out, W_U, W_O_t, W_in_t, W_out_t, W_U_t;
    explicit Prepared(const Sizes &s)
        : table(padded(s.R, 4) * s.dp), value(padded(s.R, 4) * s.dp), score(padded(s.R, 4) * s.dp),
          u(s.d * s.dp), query(s.dp), key(s.d * s.dp), equal(s.dp), ue(s.R * 2 * s.dp), no_class(s.Pp),
          zero(s.Mp + s.Pp), b_in(s.Mp), b_out(s.dp), square(padded(s.d, 4) * s.dp),
          W_V(s.d * s.dp), W_O(s.d * s.dp), W_in(s.d * s.Mp), W_out(s.M * s.dp), W_U(s.d * s.Pp), W_O_t(s.d * s.dp),
          W_in_t(s.M * s.dp), W_out_t(s.d * s.Mp), W_U_t(s.P * s.dp) {
        for (int p = s.P; p < s.Pp; ++p) no_class()[p] = real(-1e30);
    }
};

// Sums over the rows of one slice: gradients, rows padded to 4 and columns to vectors.
struct Sums {
    Buffer W_U, W_out, W_in, W_O, b_in, b_out, equal, ue;
    explicit Sums(const Sizes &s)
        : W_U(padded(s.d, 4) * s.Pp), W_out(s.M * s.dp), W_in(padded(s.d, 4) * s.Mp),
          W_O(padded(s.d, 4) * s.dp), b_in(s.Mp), b_out(s.dp), equal(s.dp), ue(s.R * 2 * s.dp) {}
    std::vector<Buffer *> all() {
        return {&W_U, &W_out, &W_in, &W_O, &b_in, &b_out, &equal, &ue};
    }
    void zero() {
        for (Buffer *b : all()) b->zero();
    }
    void add(Sums &other) {
        const auto mine = all(), others = other.all();
        for (size_t i = 0; i < mine.size(); ++i) mine[i]->add(*others[i]);
    }
};

// Activations of one block of rows.
struct Block {
    Buffer z, inverse, x1, hidden, x2, logits, d_x2, d_hidden, d_x1, d_z;
    std::vector<double> precise;
    explicit Block(const Sizes &s)
        : z(BLOCK * s.dp), inverse(BLOCK * s.dp), x1(BLOCK * s.dp), hidden(BLOCK * s.Mp),
          x2(BLOCK * s.dp), logits(BLOCK * s.Pp), d_x2(BLOCK * s.dp), d_hidden(BLOCK * s.Mp),
          d_x1(BLOCK * s.dp), d_z(BLOCK * s.dp), precise(padded(s.P, VL) + VL) {}
};

struct Rows { // which rows of a member: its first, or a mini-batch
    const int32_t *cells, *labels, *parts, *order;
    int count;
    int at(int i) const { return order ? order[i] : i; }
};

void prepare(const Model &m, const Sizes &s, const real *w, Prepared &p) {
    const int d = s.d, dp = s.dp, eq = s.R - 1;
    for (int r = 0; r < s.R; ++r) {
        const real *token = w + m.W_E + s.token(r) * d, *place = w + m.W_pos + s.position(r) * d;
        for (int i = 0; i < d; ++i) p.table()[r * dp + i] = token[i] + place[i];
    }
    std::memcpy(p.equal(), p.table() + eq * dp, d * sizeof(real));
    const real scale = real(1 / std::sqrt(double(s.head)));
    std::fill_n(p.query(), dp, real(0));
    for (int i = 0; i < d; ++i)
        for (int j = 0; j < d; ++j) p.query()[j] += p.equal()[i] * w[m.W_Q + i * d + j];
    // u maps a table row to its score, repeated over the width of each head
    for (int i = 0; i < d; ++i)
        for (int h = 0; h < s.H; ++h) {
            real sum = 0;
            for (int j = h * s.head; j < (h + 1) * s.head; ++j)
                sum += w[m.W_K + i * d + j] * p.query()[j];
            for (int j = h * s.head; j < (h + 1) * s.head; ++j) p.u()[i * dp + j] = sum * scale;
        }
    const int R4 = padded(s.R, 4);
    pack(p.u(), d, d, dp, 1, p.key());
    multiply({R4, dp, d, p.table(), dp, 1, p.key(), 0, p.zero(), 0, p.score(), dp});
    pack(w + m.W_V, d, d, d, 1, p.W_V());
    multiply({R4, dp, d, p.table(), dp, 1, p.W_V(), 0, p.zero(), 0, p.value(), dp});
    for (int j = 0; j < dp; j += VL) {
        const vec base = at(p.score() + eq * dp + j), zero = {};
        vec highest = zero;
        for (int r = 0; r < s.R; ++r) {
            const vec above = at(p.score() + r * dp + j) - base;
            highest = above > highest ? above : highest;
        }
        // beyond SAFE the shift grows, so that nothing overflows; below, it is the score of "="
        const vec shift = base + (highest > SAFE ? highest - SAFE : zero);
        for (int r = 0; r < s.R; ++r) {
            const vec e = exponential<real>(at(p.score() + r * dp + j) - shift);
            at(p.ue() + (2 * r) * dp + j) = e * at(p.value() + r * dp + j);
            at(p.ue() + (2 * r + 1) * dp + j) = e;
        }
    }
    std::memcpy(p.b_in(), w + m.b_in, s.M * sizeof(real));
    std::memcpy(p.b_out(), w + m.b_out, d * sizeof(real));
    pack(w + m.W_O, d, d, d, 1, p.W_O());
    pack(w + m.W_in, d, s.M, s.M, 1, p.W_in());
    pack(w + m.W_out, s.M, d, d, 1, p.W_out());
    pack(w + m.W_U, d, s.P, s.P, 1, p.W_U());
    pack(w + m.W_O, d, d, 1, d, p.W_O_t());
    pack(w + m.W_in, s.M, d, 1, s.M, p.W_in_t());
    pack(w + m.W_out, d, s.M, 1, d, p.W_out_t());
    pack(w + m.W_U, s.P, d, 1, s.P, p.W_U_t());
}

// Logits of rows first … first + n; rows up to a multiple of 4 repeat the first. Returns how many.
int forward(const Model &m, const Sizes &s, const Prepared &p, const Rows &rows, int first, int n,
            Block &b) {
    const int dp = s.dp, n4 = padded(n, 4);
    const real *equal = p.ue() + 2 * (s.R - 1) * dp;
    for (int i = 0; i < n4; ++i) {
        const int32_t *cell = rows.cells + rows.at(first + (i < n ? i : 0)) * s.cells;
        for (int j = 0; j < dp; j += VL) {
            vec sum = at(equal + j), weight = at(equal + dp + j);
            for (int c = 0; c < s.cells; ++c) {
                const real *row = p.ue() + 2 * cell[c] * dp + j;
                sum += at(row);
                weight += at(row + dp);
            }
            const vec inverse = real(1) / weight;
            at(b.inverse() + i * dp + j) = inverse;
            at(b.z() + i * dp + j) = sum * inverse;
        }
    }
    multiply({n4, dp, s.d, b.z(), dp, 1, p.W_O(), 0, p.equal(), 0, b.x1(), dp});
    multiply<RELU>({n4, s.Mp, s.d, b.x1(), dp, 1, p.W_in(), 0, p.b_in(), 0, b.hidden(), s.Mp});
    if (m.split)
        for (int i = 0; i < n; ++i) { // the half of the other part
            const int other = 1 - rows.parts[rows.at(first + i)];
            std::fill_n(b.hidden() + i * s.Mp + other * 2 * s.d, 2 * s.d, real(0));
        }
    for (int i = 0; i < n4; ++i)
        for (int j = 0; j < dp; j += VL)
            at(b.x2() + i * dp + j) = at(b.x1() + i * dp + j) + at(p.b_out() + j);
    multiply({n4, dp, s.M, b.hidden(), s.Mp, 1, p.W_out(), 0, b.x2(), dp, b.x2(), dp});
    multiply({n4, s.Pp, s.d, b.x2(), dp, 1, p.W_U(), 0, p.no_class(), 0, b.logits(), s.Pp});
    return n4;
}

template <typename T, typename Combine> T across(typename lanes<T>::vec v, Combine combine) {
    constexpr int L = VECTOR_BYTES / sizeof(T);
    T x[L];
    std::memcpy(x, &v, sizeof x);
    for (int half = L / 2; half; half /= 2)
        for (int l = 0; l < half; ++l) x[l] = combine(x[l], x[l + half]);
    return x[0];
}

template <typename T> T largest_of(const T *x, int n) { // n whole vectors; passes over NaN
    using V = typename lanes<T>::vec;
    const V *v = reinterpret_cast<const V *>(x);
    V most = v[0];
    for (int j = 1; j < n * int(sizeof(T)) / VECTOR_BYTES; ++j) most = v[j] > most ? v[j] : most;
    return across<T>(most, [](T a, T b) { return b > a ? b : a; });
}

// What turns logits into probabilities: e^(x - largest) / sum.
template <typename T> struct Softmax {
    T largest, answer, sum;
    double loss() const { return double(std::log(sum) - (answer - largest)); }
};

// In place: e^(x - largest).
template <typename T> Softmax<T> exponentials(T *x, int n, int label) {
    using V = typename lanes<T>::vec;
    const T largest = largest_of(x, n), answer = x[label];
    V *v = reinterpret_cast<V *>(x), sum = {};
    for (int j = 0; j < n * int(sizeof(T)) / VECTOR_BYTES; ++j)
        sum += (v[j] = exponential<T>(v[j] - largest));
    return {largest, answer, across<T>(sum, [](T a, T b) { return a + b; })};
}

// In place: logits to the gradient of weight * cross entropy.
template <typename T> Softmax<T> cross_entropy_gradient(T *x, int n, int label, double weight) {
    using V = typename lanes<T>::vec;
    const Softmax<T> softmax = exponentials(x, n, label);
    const T factor = T(weight) / softmax.sum;
    V *v = reinterpret_cast<V *>(x);
    for (int j = 0; j < n * int(sizeof(T)) / VECTOR_BYTES; ++j) v[j] *= factor;
    x[label] -= T(weight);
    return softmax;
}

// Whether x[label] is the first of the largest, as argmax has it; never where one is NaN.
bool is_right(const real *x, int n, int label) {
    const real answer = x[label];
    int above = 0;
    for (int p = 0; p < n; ++p) above |= !(x[p] <= answer);
    for (int p = 0; p < label; ++p) above |= x[p] == answer;
    return !above;
}

// Where the losses of a member's rows go, and whether their answers are right; null: nowhere.
struct Measured {
    double *losses = nullptr;
    uint8_t *right = nullptr;
};

void add_columns(const real *x, int rows, int columns, real *sums) {
    for (int j = 0; j < columns; j += VL) {
        vec sum = {};
        for (int i = 0; i < rows; ++i) sum += at(x + i * columns + j);
        at(sums + j) += sum;
    }
}

// Add the gradients of rows first … first + n, each weighing `weight`, to the sums of a slice.
void add_block(const Model &m, const Sizes &s, const Prepared &p, const Rows &rows, int first, int n,
               double weight, Block &b, Sums &sums, Measured measured) {
    const int d = s.d, dp = s.dp, d4 = padded(d, 4), n4 = forward(m, s, p, rows, first, n, b);
    auto differentiate = [&](auto *row, int i, int label) {
        const auto softmax = cross_entropy_gradient(row, s.Pp, label, weight);
        if (measured.losses) measured.losses[first + i] = softmax.loss();
    };
    for (int i = 0; i < n; ++i) {
        real *row = b.logits() + i * s.Pp;
        const int label = rows.labels[rows.at(first + i)];
        if (measured.right) measured.right[first + i] = is_right(row, s.Pp, label);
        if (m.loss_in_double && sizeof(real) < sizeof(double)) {
            std::copy_n(row, s.Pp, b.precise.data());
            differentiate(b.precise.data(), i, label);
            std::copy_n(b.precise.data(), s.Pp, row);
        } else {
            differentiate(row, i, label);
        }
    }
    std::fill_n(b.logits() + n * s.Pp, (n4 - n) * s.Pp, real(0));
    const real *dl = b.logits(), *none = p.zero();
    real *dx2 = b.d_x2(), *dh = b.d_hidden(), *dx1 = b.d_x1();
    multiply<ADD>({d4, s.Pp, n4, b.x2(), 1, dp, dl, s.Pp, none, 0, sums.W_U(), s.Pp});
    multiply({n4, dp, s.P, dl, s.Pp, 1, p.W_U_t(), 0, none, 0, dx2, dp});
    multiply<ADD>({s.M, dp, n4, b.hidden(), 1, s.Mp, dx2, dp, none, 0, sums.W_out(), dp});
    multiply<MASK>({n4, s.Mp, d, dx2, dp, 1, p.W_out_t(), 0, none, 0, dh, s.Mp, b.hidden()});
    multiply<ADD>({d4, s.Mp, n4, b.x1(), 1, dp, dh, s.Mp, none, 0, sums.W_in(), s.Mp});
    multiply({n4, dp, s.M, dh, s.Mp, 1, p.W_in_t(), 0, dx2, dp, dx1, dp});
    multiply<ADD>({d4, dp, n4, b.z(), 1, dp, dx1, dp, none, 0, sums.W_O(), dp});
    multiply({n4, dp, d, dx1, dp, 1, p.W_O_t(), 0, none, 0, b.d_z(), dp});
    add_columns(dx2, n, dp, sums.b_out());
    add_columns(dx1, n, dp, sums.equal());
    add_columns(dh, n, s.Mp, sums.b_in());
    for (int i = 0; i < n; ++i) {
        const int32_t *cell = rows.cells + rows.at(first + i) * s.cells;
        for (int j = 0; j < dp; j += VL) {
            const vec d_sum = at(b.d_z() + i * dp + j) * at(b.inverse() + i * dp + j);
            const vec d_weight = d_sum * at(b.z() + i * dp + j); // with a minus
            for (int c = 0; c < s.cells; ++c) {
                real *row = sums.ue() + 2 * cell[c] * dp + j;
                at(row) += d_sum;
                at(row + dp) -= d_weight;
            }
        }
    }
}

void store(const real *from, int rows, int columns, int from_row, real *to) {
    for (int i = 0; i < rows; ++i) std::copy_n(from + i * from_row, columns, to + i * columns);
}

// From the sums over rows to the gradient of every parameter, g, in the flat layout.
void finish(const Model &m, const Sizes &s, const real *w, Prepared &p, Sums &sums, real *g) {
    const int d = s.d, dp = s.dp, eq = s.R - 1, d4 = padded(d, 4), R4 = padded(s.R, 4);
    std::fill_n(g, m.size, real(0));
    store(sums.W_U(), d, s.P, s.Pp, g + m.W_U);
    store(sums.W_out(), s.M, d, dp, g + m.W_out);
    store(sums.b_out(), 1, d, dp, g + m.b_out);
    store(sums.W_in(), d, s.M, s.Mp, g + m.W_in);
    store(sums.b_in(), 1, s.M, s.Mp, g + m.b_in);
    store(sums.W_O(), d, d, dp, g + m.W_O);
    // every row also read "=": its sums are those of the rows of the first position
    real *equal = sums.ue() + 2 * eq * dp;
    for (int r = 0; r < s.P; ++r)
        for (int j = 0; j < 2 * dp; j += VL) at(equal + j) += at(sums.ue() + 2 * r * dp + j);
    // through u = e * value and e = exp(score): d_value into p.value, d_score per lane into p.score
    for (int r = 0; r < s.R; ++r)
        for (int j = 0; j < dp; j += VL) {
            const vec e = at(p.ue() + (2 * r + 1) * dp + j), du = at(sums.ue() + 2 * r * dp + j);
            const vec de = at(sums.ue() + (2 * r + 1) * dp + j);
            at(p.score() + r * dp + j) = e * (de + du * at(p.value() + r * dp + j));
            at(p.value() + r * dp + j) = e * du;
        }
    Buffer &d_table = sums.ue; // its room, once the loop above has read it
    multiply({d4, dp, s.R, p.table(), 1, dp, p.value(), dp, p.zero(), 0, p.square(), dp});
    store(p.square(), d, d, dp, g + m.W_V);
    multiply({d4, dp, s.R, p.table(), 1, dp, p.score(), dp, p.zero(), 0, p.square(), dp});
    const real scale = real(1 / std::sqrt(double(s.head)));
    std::vector<real> d_query(d, real(0));
    for (int i = 0; i < d; ++i)
        for (int h = 0; h < s.H; ++h) {
            real sum = 0;
            for (int j = h * s.head; j < (h + 1) * s.head; ++j) sum += p.square()[i * dp + j];
            for (int j = h * s.head; j < (h + 1) * s.head; ++j) {
                g[m.W_K + i * d + j] = sum * scale * p.query()[j];
                d_query[j] += sum * scale * w[m.W_K + i * d + j];
            }
        }
    pack(p.u(), d, d, 1, dp, p.key());
    multiply({R4, dp, d, p.score(), dp, 1, p.key(), 0, p.zero(), 0, d_table(), dp});
    pack(w + m.W_V, d, d, 1, d, p.W_V());
    multiply({R4, dp, d, p.value(), dp, 1, p.W_V(), 0, d_table(), dp, d_table(), dp});
    for (int i = 0; i < d; ++i) {
        real sum = sums.equal()[i];
        for (int j = 0; j < d; ++j) {
            g[m.W_Q + i * d + j] = p.equal()[i] * d_query[j];
            sum += w[m.W_Q + i * d + j] * d_query[j];
        }
        d_table()[eq * dp + i] += sum;
    }
    for (int r = 0; r < s.R; ++r)
        for (int i = 0; i < d; ++i) {
            g[m.W_E + s.token(r) * d + i] += d_table()[r * dp + i];
            g[m.W_pos + s.position(r) * d + i] += d_table()[r * dp + i];
        }
}

} // namespace
