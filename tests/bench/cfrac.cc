// The load of cfrac, a program that factors: Pollard's rho on naive whole numbers, where every
// result is a new small block and every operand is freed soon. Prints nanoseconds a number that is
// made; ends with 1 if the factor is wrong.
// usage: bench_cfrac [TIMES TO FACTOR]
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

static long operations;

// Digits to the base 2^32, the lowest first, without zeros in front; made anew by each operation.
class Number {
 public:
  explicit Number(uint64_t value) : Number(nullptr, 2) {
    digits_[0] = static_cast<uint32_t>(value);
    digits_[1] = static_cast<uint32_t>(value >> 32);
    trim();
  }
  Number(const uint32_t* digits, int length) : length_(length) {
    operations++;
    digits_.reset(static_cast<uint32_t*>(calloc(static_cast<size_t>(length) + 1, kDigitBytes)));
    if (digits != nullptr) memcpy(&digits_[0], digits, static_cast<size_t>(length) * kDigitBytes);
  }
  Number(const Number& other) : Number(other.digits_.get(), other.length_) {}
  Number(Number&& other) = default;
  Number& operator=(const Number& other) { return *this = Number(other); }
  Number& operator=(Number&& other) = default;
  ~Number() = default;

  bool is_zero() const { return length_ == 0; }
  bool operator==(const Number& other) const { return compare(other) == 0; }
  bool operator<(const Number& other) const { return compare(other) < 0; }

  Number operator+(const Number& other) const {
    const int longest = length_ > other.length_ ? length_ : other.length_;
    Number sum(nullptr, longest + 1);
    uint64_t carry = 0;
    for (int i = 0; i <= longest; i++) {
      carry += uint64_t{digit(i)} + other.digit(i);
      sum.digits_[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    return sum.trim();
  }

  Number operator-(const Number& smaller) const {
    Number rest(nullptr, length_);
    int64_t borrow = 0;
    for (int i = 0; i < length_; i++) {
      borrow += int64_t{digit(i)} - smaller.digit(i);
      rest.digits_[i] = static_cast<uint32_t>(borrow);
      borrow >>= 32;
    }
    return rest.trim();
  }

  Number operator*(const Number& other) const {
    Number product(nullptr, length_ + other.length_);
    for (int i = 0; i < length_; i++) {
      uint64_t carry = 0;
      for (int j = 0; j < other.length_; j++) {
        carry += uint64_t{digits_[i]} * other.digits_[j] + product.digits_[i + j];
        product.digits_[i + j] = static_cast<uint32_t>(carry);
        carry >>= 32;
      }
      product.digits_[i + other.length_] = static_cast<uint32_t>(carry);
    }
    return product.trim();
  }

  // As on paper: the divisor is taken away at each place as often as the digits in front say, which
  // is never too often and leaves some for the next guess.
  Number operator%(const Number& divisor) const {
    Number rest(*this);
    const uint64_t front = uint64_t{divisor.digits_[divisor.length_ - 1]} + 1;
    while (!(rest < divisor)) {
      const int top = rest.length_ - 1;
      int place = top - (divisor.length_ - 1);
      uint64_t guess = rest.digits_[top] / front;
      if (guess == 0 && place > 0) {
        guess = (uint64_t{rest.digits_[top]} << 32 | rest.digits_[top - 1]) / front;
        place--;
      }
      rest = rest - (divisor * Number(guess == 0 ? 1 : guess)).shifted(place);
    }
    return rest;
  }

 private:
  static constexpr size_t kDigitBytes = sizeof(uint32_t);
  struct Free {
    void operator()(uint32_t* digits) const { free(digits); }
  };

  uint32_t digit(int i) const { return i < length_ ? digits_[i] : 0; }

  Number shifted(int places) const {
    Number result(nullptr, length_ + places);
    memcpy(&result.digits_[places], digits_.get(), static_cast<size_t>(length_) * kDigitBytes);
    return result;
  }

  int compare(const Number& other) const {
    if (length_ != other.length_) return length_ < other.length_ ? -1 : 1;
    for (int i = length_ - 1; i >= 0; i--) {
      if (digits_[i] != other.digits_[i]) return digits_[i] < other.digits_[i] ? -1 : 1;
    }
    return 0;
  }

  Number&& trim() {
    while (length_ > 0 && digits_[length_ - 1] == 0) length_--;
    return std::move(*this);
  }

  std::unique_ptr<uint32_t[], Free> digits_;
  int length_;
};

static Number common_divisor(Number a, Number b) {
  while (!b.is_zero()) a = std::exchange(b, a % b);
  return a;
}

static Number step(const Number& x, const Number& constant, const Number& modulus) {
  return (x * x + constant) % modulus;
}

static Number factor_of(const Number& number, uint64_t seed) {
  const Number one(1), constant(seed);
  Number slow(2), fast(2), found(1);
  while (found == one) {
    Number product(1);
    for (int i = 0; i < 50; i++) {
      slow = step(slow, constant, number);
      fast = step(step(fast, constant, number), constant, number);
      product = product * (slow < fast ? fast - slow : slow - fast) % number;
    }
    found = common_divisor(number, product);
  }
  return found;
}

int main(int argc, char** argv) {
  const long numbers = argc > 1 ? atol(argv[1]) : 4;
  const Number small(1000000007u), large(2305843009213693951u);  // 2^61 - 1
  const Number number = small * large;
  const auto start = std::chrono::steady_clock::now();
  for (long i = 0; i < numbers; i++) {
    if (!(factor_of(number, 1 + static_cast<uint64_t>(i)) == small)) return 1;
  }
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  printf("%.3f\n", taken.count() / static_cast<double>(operations));
  return 0;
}
