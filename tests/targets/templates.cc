// Data, not a target: something for g++ to chew on, mostly in templates.
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

template <size_t N>
struct Tower {
  std::tuple<std::array<int, N>, std::map<std::string, std::vector<std::array<char, N + 1>>>> floor;
  std::variant<std::array<short, N + 2>, std::unordered_map<int, std::function<int(int)>>> room;
  Tower<N - 1> below;
  int sum() {
    auto& rows = std::get<1>(floor)[std::to_string(N)];
    rows.resize(N);
    std::sort(rows.begin(), rows.end());
    return static_cast<int>(rows.size()) + below.sum();
  }
};
template <>
struct Tower<0> {
  int sum() { return 0; }
};

template <size_t... I>
int all(std::index_sequence<I...>) {
  return (... + Tower<I>().sum());
}

int main() {
  return all(std::make_index_sequence<8>());
}
