#include "program/report/line_growth.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace program {
namespace {

// What it costs to assume that lines were added or removed: a part of the cost of matching nothing.
constexpr double kChange = 0.005;
constexpr size_t kMostLines = 150;   // the work grows with its square
constexpr size_t kMostSkipped = 16;  // lines with a value between two that are matched

struct Line {
  int64_t number;
  double value;
};

std::vector<Line> lines_of(const std::map<int64_t, double>& values) {
  std::vector<Line> lines;
  for (const auto& [number, value] : values) lines.push_back({number, value});
  return lines;
}

// Concave: one line that grew by much costs less than two that grew by half of it, which are its
// neighbours if the lines are matched one off.
double cost_of(double difference) {
  return std::sqrt(std::fabs(difference));
}

// Costs of leaving out the first so many lines.
std::vector<double> costs_of(const std::vector<Line>& lines) {
  std::vector<double> costs = {0};
  for (const Line& line : lines) costs.push_back(costs.back() + cost_of(line.value));
  return costs;
}

class Alignment {
 public:
  Alignment(const std::map<int64_t, double>& base, const std::map<int64_t, double>& fresh)
      : base_(lines_of(base)),
        fresh_(lines_of(fresh)),
        base_costs_(costs_of(base_)),
        fresh_costs_(costs_of(fresh_)),
        change_(kChange * (base_costs_.back() + fresh_costs_.back())),
        best_(base_.size() * fresh_.size()) {}

  std::map<int64_t, double> growth() {
    std::map<int64_t, double> growth;
    for (const Line& line : fresh_) growth[line.number] = line.value;
    for (int at = last(); at >= 0; at = best_[static_cast<size_t>(at)].before) {
      const size_t i = static_cast<size_t>(at) / fresh_.size();
      const size_t k = static_cast<size_t>(at) % fresh_.size();
      growth[fresh_[k].number] -= base_[i].value;
    }
    return growth;
  }

 private:
  struct Best {
    double cost = std::numeric_limits<double>::infinity();
    int before = -1;  // the pair matched before this one; -1: none
  };

  int64_t distance(size_t i, size_t k) const { return fresh_[k].number - base_[i].number; }

  // Of all lines up to this pair, which is matched.
  Best match(size_t i, size_t k) const {
    const double own = cost_of(base_[i].value - fresh_[k].value);
    Best best{base_costs_[i] + fresh_costs_[k] + own + (distance(i, k) == 0 ? 0 : change_), -1};
    const size_t first_i = i > kMostSkipped ? i - kMostSkipped : 0;
    const size_t first_k = k > kMostSkipped ? k - kMostSkipped : 0;
    for (size_t a = first_i; a < i; a++) {
      for (size_t b = first_k; b < k; b++) {
        const double skipped =
            base_costs_[i] - base_costs_[a + 1] + fresh_costs_[k] - fresh_costs_[b + 1];
        const double change = distance(a, b) == distance(i, k) ? 0 : change_;
        const size_t before = a * fresh_.size() + b;
        const double cost = best_[before].cost + skipped + change + own;
        if (cost < best.cost) best = {cost, static_cast<int>(before)};
      }
    }
    return best;
  }

  // The last matched pair of the best alignment; -1: nothing is matched.
  int last() {
    double least = base_costs_.back() + fresh_costs_.back();
    int found = -1;
    for (size_t i = 0; i < base_.size(); i++) {
      for (size_t k = 0; k < fresh_.size(); k++) {
        Best& best = best_[i * fresh_.size() + k];
        best = match(i, k);
        const double cost = best.cost + base_costs_.back() - base_costs_[i + 1] +
                            fresh_costs_.back() - fresh_costs_[k + 1];
        if (cost < least) least = cost, found = static_cast<int>(i * fresh_.size() + k);
      }
    }
    return found;
  }

  std::vector<Line> base_, fresh_;
  std::vector<double> base_costs_, fresh_costs_;
  double change_;
  std::vector<Best> best_;
};

}  // namespace

std::map<int64_t, double> line_growth(const std::map<int64_t, double>& base,
                                      const std::map<int64_t, double>& fresh) {
  if (base.size() <= kMostLines && fresh.size() <= kMostLines) {
    return Alignment(base, fresh).growth();
  }
  std::map<int64_t, double> growth = fresh;
  for (const auto& [number, value] : base) {
    if (growth.contains(number)) growth[number] -= value;
  }
  return growth;
}

}  // namespace program
