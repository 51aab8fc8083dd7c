// The default rate: the estimates of 15 known sites against the truth, in units of the standard
// error that the sampling allows.
//
// Each allocation of S bytes is sampled by itself with p = 1 - e^(-S/R) and weighs 1/p, so that the
// estimated number of N of them has the variance N (1-p)/p; nothing has to be measured for it.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"
#include "tests/e2e/sites.h"

using namespace e2e;

namespace {

constexpr double kRate = 524288;
constexpr double kSigmas = 6;  // 2e-9 for one figure

struct Sum {
  double value = 0, squares = 0;  // of (estimate - truth) / sigma, added up over the runs
};

double sigma(int64_t count, double size) {
  const double p = -std::expm1(-size / kRate);
  return std::sqrt(static_cast<double>(count) * (1 - p) / p);
}

// Rounding at writing, to a whole object or byte: the variance of a uniform half up or down.
constexpr double kRounding = 1.0 / 12;

struct Figures {
  std::vector<Site> sites;
  std::map<std::string, Sum> sums;       // by "type site", "type total"
  std::map<std::string, double> ratios;  // of the totals to the truth, added up over the runs
};

// One sample type of one run: each site, and all together.
void add_type(const ProfileFile& profile, const std::string& type, bool live, bool bytes,
              Figures& f) {
  const auto note = [&](const std::string& name, double off, double sigma_of_it) {
    Sum& sum = f.sums[type + " " + name];
    const double z = off / std::sqrt(sigma_of_it * sigma_of_it + kRounding);
    sum.value += z, sum.squares += z * z;
  };
  double truth = 0, estimate = 0, variance = 0;
  for (const Site& s : f.sites) {
    const double size = static_cast<double>(s.bytes) / static_cast<double>(s.objects);
    const int64_t count = live ? s.live_objects : s.objects;
    const double unit = bytes ? size : 1;
    const double site_truth = static_cast<double>(count) * unit;
    const double site_estimate = static_cast<double>(profile.at_leaf(type, s.name));
    const double site_sigma = unit * sigma(count, size);
    note(s.name, site_estimate - site_truth, site_sigma);
    truth += site_truth, estimate += site_estimate, variance += site_sigma * site_sigma;
  }
  note("total", estimate - truth, std::sqrt(variance));
  f.ratios[type] += estimate / truth;
}

void add_run(const ProfileFile& profile, Figures& f) {
  add_type(profile, "alloc_objects", false, false, f);
  add_type(profile, "alloc_space", false, true, f);
  add_type(profile, "inuse_objects", true, false, f);
  add_type(profile, "inuse_space", true, true, f);
}

// The standard errors that the profile itself claims for its totals, by sample type.
std::map<std::string, double> claimed_errors(const ProfileFile& profile) {
  std::map<std::string, double> errors;
  for (const std::string& line : profile.comments()) {
    if (line.find("# standard error: ") != 0) continue;
    const std::vector<std::string> words = words_of(line);
    for (size_t i = 3; i + 1 < words.size(); i++) {
      if (words[i].find('_') != std::string::npos) errors[words[i]] = std::stod(words[i + 1]);
    }
  }
  return errors;
}

// The mean over the runs of each total lies within `limit` standard errors of the truth, of each
// site within `site_limit` (there are 60 of them, so some stray further than one figure would), and
// the runs scatter as much as the sampling says: no less (a fixed rhythm), no more (lost samples).
void compare(const std::string& threads, int runs, double limit, double site_limit) {
  Figures f;
  for (int i = 0; i < runs; i++) {
    TemporaryDirectory output;
    const Outcome ours = run(profiled({{target("heap_load"), threads}}, "heap", output));
    REQUIRE(ours.end() == "exit 0");
    f.sites = sites_of(ours.out);
    REQUIRE(f.sites.size() == 15);
    add_run(ProfileFile(only(output.profiles("heap"))), f);
  }
  double worst = 0, squares = 0, count = 0;
  std::string worst_name;
  for (const auto& [name, sum] : f.sums) {
    const double z = sum.value / std::sqrt(runs);
    if (std::abs(z) > std::abs(worst)) worst = z, worst_name = name;
    INFO(name << ": " << z << " standard errors from the truth");
    CHECK(std::abs(z) < (name.find("total") != std::string::npos ? limit : site_limit));
    // Sites of few kept blocks are no normal distribution; alloc_objects has the many.
    if (name.find("alloc_objects load") == 0) squares += sum.squares, count += runs;
  }
  const double scatter = squares / count;
  figure(
      "%d runs, %s thread(s): alloc_space %.4f, inuse_space %.4f of the truth; "
      "worst of %zu figures %.2f standard errors (%s); variance %.3f of the theory's",
      runs, threads.c_str(), f.ratios["alloc_space"] / runs, f.ratios["inuse_space"] / runs,
      f.sums.size(), worst, worst_name.c_str(), scatter);
  CHECK(scatter < 1 + kSigmas * std::sqrt(2 / count));
  CHECK(scatter > 1 - kSigmas * std::sqrt(2 / count));
}

}  // namespace

TEST_CASE("at the default rate the mean of the runs is the truth, at each of 15 sites") {
  compare("1", 10, kSigmas, kSigmas);
}

TEST_CASE("two threads that share the sites are estimated as well") {
  compare("2", 5, kSigmas, kSigmas);
}

TEST_CASE("20 runs are within three standard errors", "[.acceptance]") {
  compare("1", 20, 3, 4.5);
}

TEST_CASE("the same stack is one sample, however often it allocates") {
  TemporaryDirectory output;
  run(profiled({{target("heap_load"), "1"}}, "heap", output));
  const ProfileFile profile(only(output.profiles("heap")));
  std::map<std::string, int> rows;
  for (int i = 0; i < profile.proto().sample_size(); i++) rows[profile.frames(i)[0].function]++;
  for (const auto& [function, count] : rows) {
    INFO(function);
    CHECK(count == 1);
  }
}

TEST_CASE("the truth lies within six of the standard errors that the profile claims") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("heap_load"), "1"}}, "heap,allocs", output));
  std::map<std::string, double> truth;
  std::map<std::string, double> variance;  // by theory
  for (const Site& s : sites_of(ours.out)) {
    const double size = static_cast<double>(s.bytes) / static_cast<double>(s.objects);
    truth["alloc_objects"] += static_cast<double>(s.objects);
    truth["alloc_space"] += static_cast<double>(s.bytes);
    truth["inuse_objects"] += static_cast<double>(s.live_objects);
    truth["inuse_space"] += static_cast<double>(s.live_bytes);
    const double all = sigma(s.objects, size);
    const double live = sigma(s.live_objects, size);
    variance["alloc_objects"] += all * all;
    variance["alloc_space"] += all * all * size * size;
    variance["inuse_objects"] += live * live;
    variance["inuse_space"] += live * live * size * size;
  }
  for (const char* mode : {"heap", "allocs"}) {
    const ProfileFile profile(only(output.profiles(mode)));
    const std::map<std::string, double> errors = claimed_errors(profile);
    REQUIRE(errors.size() == 4);
    for (const auto& [type, error] : errors) {
      INFO(mode << " " << type << " claims " << error);
      CHECK(std::abs(static_cast<double>(profile.total(type)) - truth[type]) < kSigmas * error);
      // A claim is an estimate too; the small blocks that were kept are few.
      CHECK(error == Approx(std::sqrt(variance[type])).epsilon(0.5));
    }
  }
}
