// Vectors, exponentials and small matrix products, in the number type REAL (float or double).
//
// Matrices are row-major, their rows padded with zeros to whole vectors, so that no loop over
// columns has a remainder. A product computes a tile of a few rows by one or two vectors in
// registers; its result does not depend on the number of rows around it.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#ifndef REAL
#define REAL float
#endif
using real = REAL;

#if defined(__AVX512F__)
constexpr int VECTOR_BYTES = 64;
#elif defined(__AVX__)
constexpr int VECTOR_BYTES = 32;
#else
constexpr int VECTOR_BYTES = 16;
#endif

template <typename T> struct lanes;
template <> struct lanes<float> {
    typedef float vec __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
    typedef int32_t integers __attribute__((vector_size(VECTOR_BYTES)));
    static constexpr int mantissa = 23, bias = 127;
    static constexpr float lowest = -87.0f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    static constexpr float shift = 12582912.0f; // 1.5 * 2^23
    static constexpr int terms = 7;
};
template <> struct lanes<double> {
    typedef double vec __attribute__((vector_size(VECTOR_BYTES), aligned(8), may_alias));
    typedef int64_t integers __attribute__((vector_size(VECTOR_BYTES)));
    static constexpr int mantissa = 52, bias = 1023;
    static constexpr double lowest = -708.0, ln2_high = 6.93145751953125e-1,
                            ln2_low = 1.42860682030941723212e-6;
    static constexpr double shift = 6755399441055744.0; // 1.5 * 2^52
    static constexpr int terms = 13;
};

using vec = lanes<real>::vec;
constexpr int VL = VECTOR_BYTES / sizeof(real);
constexpr int ROWS = 8; // of a tile: with two vectors 16 sums in flight, which hides the latency

static inline int padded(int n, int unit = VL) { return (n + unit - 1) / unit * unit; }
static inline vec &at(real *p) { return *reinterpret_cast<vec *>(p); }
static inline const vec &at(const real *p) { return *reinterpret_cast<const vec *>(p); }

// e^x for lanes up to about 80 (float) or 700 (double), 0 below the smallest normal number, NaN for
// NaN; within two units in the last place. Reduction as in Cephes, then the Taylor polynomial.
template <typename T> static inline typename lanes<T>::vec exponential(typename lanes<T>::vec x) {
    using L = lanes<T>;
    using V = typename L::vec;
    using I = typename L::integers;
    static constexpr double inverse[14] = {1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120,
        1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800,
        1.0 / 479001600, 1.0 / 6227020800.0};
    const V y = x < T(L::lowest) ? x - x + T(L::lowest) : x;
    // the sum's last bits are y / ln 2, rounded
    const V shifted = y * T(1.44269504088896340736) + T(L::shift), whole = shifted - T(L::shift);
    const V r = (y - whole * T(L::ln2_high)) - whole * T(L::ln2_low);
    V sum = r * T(inverse[L::terms]) + T(inverse[L::terms - 1]);
    for (int term = L::terms - 2; term >= 0; --term) sum = sum * r + T(inverse[term]);
    const I exponent = (reinterpret_cast<const I &>(shifted) + L::bias) << L::mantissa;
    const V power = reinterpret_cast<const V &>(exponent);
    return x < T(L::lowest) ? x - x : sum * power;
}

enum Epilogue { PLAIN, RELU, MASK, ADD };

// What a product computes: C = epilogue(initial + A B).
struct Product {
    int rows, columns, depth;        // rows a multiple of 4, columns of VL
    const real *a;                   // element (i, k) at a[i * a_row + k * a_depth]
    int64_t a_row, a_depth;
    const real *b;                   // element (k, j) at b[k * b_depth + j], or packed
    int64_t b_depth;                 // 0: packed by pack()
    const real *initial;             // element (i, j) at initial[i * initial_row + j]
    int64_t initial_row;             // 0: the same row everywhere
    real *c;
    int64_t c_row;
    const real *mask = nullptr;      // MASK: 0 where mask, shaped as c, is 0 or negative
                                     // ADD: to c, after the product's own sum: rounds less
};

template <int M, int N, Epilogue E>
static inline void tile(const Product &p, int i, int j, const real *b, int64_t b_depth) {
    vec sum[M][N];
    for (int m = 0; m < M; ++m)
        for (int n = 0; n < N; ++n)
            sum[m][n] = at(p.initial + (i + m) * p.initial_row + j + n * VL);
    const real *a = p.a + i * p.a_row;
    for (int k = 0; k < p.depth; ++k, a += p.a_depth, b += b_depth)
        for (int n = 0; n < N; ++n) {
            const vec column = at(b + n * VL);
            for (int m = 0; m < M; ++m) sum[m][n] += a[m * p.a_row] * column;
        }
    for (int m = 0; m < M; ++m)
        for (int n = 0; n < N; ++n) {
            const int64_t place = (i + m) * p.c_row + j + n * VL;
            const vec zero = {};
            vec value = sum[m][n];
            if (E == RELU) value = value < zero ? zero : value; // keeps NaN
            if (E == MASK) value = at(p.mask + place) <= zero ? zero : value;
            if (E == ADD) value += at(p.c + place);
            at(p.c + place) = value;
        }
}

template <int N, Epilogue E> static void panel(const Product &p, int j) {
    const real *b = p.b_depth ? p.b + j : p.b + int64_t(j) * p.depth;
    const int64_t b_depth = p.b_depth ? p.b_depth : N * VL;
    int i = 0;
    for (; i + ROWS <= p.rows; i += ROWS) tile<ROWS, N, E>(p, i, j, b, b_depth);
    for (; i < p.rows; i += 4) tile<4, N, E>(p, i, j, b, b_depth);
}

template <Epilogue E = PLAIN> static void multiply(const Product &p) {
    int j = 0;
    for (; j + 2 * VL <= p.columns; j += 2 * VL) panel<2, E>(p, j);
    if (j < p.columns) panel<1, E>(p, j);
}

// Copy a matrix [depth, columns] into the order in which multiply() reads it, columns padded.
// Element (k, j) is at w[k * w_depth + j * w_column].
static void pack(const real *w, int depth, int columns, int64_t w_depth, int64_t w_column, real *out) {
    const int wide = padded(columns);
    for (int j = 0; j < wide;) {
        const int width = j + 2 * VL <= wide ? 2 * VL : VL;
        const int real_columns = std::clamp(columns - j, 0, width);
        for (int k = 0; k < depth; ++k, out += width) {
            const real *row = w + k * w_depth + j * w_column;
            for (int n = 0; n < real_columns; ++n) out[n] = row[n * w_column];
            for (int n = real_columns; n < width; ++n) out[n] = 0;
        }
        j += width;
    }
}
