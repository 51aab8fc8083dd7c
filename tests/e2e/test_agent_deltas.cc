// The cases that godeltaprof publishes of its own (heap, contentions), on a program that is asked
// what to do between two looks: at rate 1, where nothing is scaled.
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <map>

#include "tests/e2e/agent_http.h"

using namespace e2e;

namespace {

class Orders {
 public:
  explicit Orders(const Environment& more)
      : fifo_(made(directory_ / "orders")),
        host_(serving(more), false, {"sh", "-c", "exec " + target("follows_orders") + " " + fifo_}),
        orders_(fifo_),
        client_(port_of(host_)) {}

  void order(const std::string& line) {
    orders_ << line << std::endl;
    told_++;
    const size_t size = told_ * std::string("done\n").size();
    REQUIRE(comes_true([&] { return host_.out().size() == size; }));
  }
  ProfileFile delta(const std::string& mode) { return all("delta_" + mode); }
  ProfileFile all(const std::string& name) {
    return profile_of(client_.get(kBase + name), directory_);
  }
  std::string end() {
    orders_.close();
    return host_.end();
  }

 private:
  static std::string made(const std::string& path) {
    mkfifo(path.c_str(), 0600);
    return path;
  }

  TemporaryDirectory directory_;
  std::string fifo_;
  AgentVictim host_;
  std::ofstream orders_;
  HttpClient client_;
  size_t told_ = 0;
};

constexpr int64_t kSize = 327680;
using Four = std::array<int64_t, 4>;  // objects, in blocks of kSize: allocated and in use

Four blocks_at(const ProfileFile& profile, const std::string& place) {
  const Four four = {
      profile.containing("alloc_objects", place), profile.containing("alloc_space", place) / kSize,
      profile.containing("inuse_objects", place), profile.containing("inuse_space", place) / kSize};
  CHECK(profile.containing("alloc_space", place) == four[1] * kSize);
  CHECK(profile.containing("inuse_space", place) == four[3] * kSize);
  return four;
}

}  // namespace

TEST_CASE("heap: what is new, in-use as it is, and nothing of what was freed and is the same") {
  Orders host(Environment{{"PROFILER_MODE", "heap"}});
  CHECK_FALSE(host.delta("heap").has_function("at_one_place"));
  for (const char* line : {"a 5", "b 3", "B 3"}) host.order(line);
  const ProfileFile first = host.delta("heap");
  CHECK(blocks_at(first, "at_one_place") == Four{5, 5, 5, 5});
  CHECK(blocks_at(first, "at_another") == Four{3, 3, 0, 0});
  for (int i = 0; i < 3; i++) {
    const ProfileFile same = host.delta("heap");
    CHECK(blocks_at(same, "at_one_place") == Four{0, 0, 5, 5});
    CHECK_FALSE(same.has_function("at_another"));
  }
  host.order("A 5");
  CHECK_FALSE(host.delta("heap").has_function("at_one_place"));
  host.order("a 3");
  const ProfileFile more = host.delta("heap");
  CHECK(blocks_at(more, "at_one_place") == Four{3, 3, 3, 3});
  CHECK_FALSE(more.has_function("at_another"));
  CHECK(host.end() == "exit 7");
}

TEST_CASE("contentions: what is new at either end of a wait, nothing where no thread waited") {
  Orders host(Environment{{"PROFILER_MODE", "block,mutex"}, {"PROFILER_BLOCK_RATE", "1ns"}});
  const std::array<std::pair<const char*, const char*>, 2> ends = {
      {{"block", "wants"}, {"mutex", "holds"}}};
  for (const auto& [mode, place] : ends) CHECK_FALSE(host.delta(mode).has_function(place));
  std::map<std::string, int64_t> delay;  // in all deltas of a mode
  for (const int waits : {5, 1}) {
    host.order("w " + std::to_string(waits));
    for (const auto& [mode, place] : ends) {
      INFO(mode);
      const ProfileFile fresh = host.delta(mode);
      if (std::string(mode) == "mutex") CHECK(fresh.at_leaf("contentions", place) == waits);
      CHECK(fresh.containing("delay", place) > 0);
      delay[mode] += fresh.containing("delay", place);
      for (int i = 0; i < 2; i++) CHECK_FALSE(host.delta(mode).has_function(place));
    }
  }
  for (const auto& [mode, place] : ends) {
    INFO(mode);
    CHECK(delay[mode] == host.all(mode).containing("delay", place));
  }
  CHECK(host.end() == "exit 7");
}
