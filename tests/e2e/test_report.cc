// profiler report, and the page of a comparison.
#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/harness.h"

using namespace e2e;
using nlohmann::json;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Outcome profiler(std::vector<std::string> arguments, const TemporaryDirectory& where) {
  arguments.insert(arguments.begin(), program());
  Command command{arguments};
  command.directory = where.path();
  return run(command);
}

void profile_into(const std::string& directory, const std::string& modes,
                  const std::string& seconds, const TemporaryDirectory& where) {
  const Outcome ours = profiler({"run", "--quiet", "--mode", modes, "--output", directory + "/",
                                 "--", target("cpu_shares"), "2", seconds},
                                where);
  REQUIRE(ours.end() == "exit 0");
}

Outcome click(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {"python3", source("tests/e2e/click_report.py")};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run({all, {}, {}, {}, 120});
}

json json_of(const Outcome& outcome) {
  REQUIRE(outcome.end() == "exit 0");
  return json::parse(outcome.out);
}

// {function: [flat, cum]} of `top --json`, or of a type of `report --json`.
std::map<std::string, std::pair<double, double>> figures_of(const json& rows) {
  std::map<std::string, std::pair<double, double>> figures;
  for (const json& row : rows) {
    figures[row["name"]] = {row["flat"]["value"], row["cum"]["value"]};
  }
  return figures;
}

}  // namespace

TEST_CASE("a report is one file that a browser opens, clicks, filters and goes back in") {
  TemporaryDirectory where;
  profile_into("profiles", "cpu,wall,trace", "0.6", where);
  const Outcome ours = profiler({"report", "profiles"}, where);
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == "report.html\n");
  struct stat status {};
  REQUIRE(stat((where / "report.html").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  const Outcome clicks = click({where / "report.html", "burn_iterations"});
  if (clicks.end() == "exit 77") return skip("a report in a browser", "chromium and chromedriver");
  INFO(clicks.err);
  CHECK(clicks.end() == "exit 0");
  puts(clicks.out.c_str());
}

TEST_CASE("the page of a comparison shows what grew, in a colour that all eyes tell apart") {
  TemporaryDirectory where;
  profile_into("base", "cpu", "0.4", where);
  profile_into("new", "cpu", "1.6", where);
  const Outcome ours = profiler({"diff", "base", "new", "-o", "diff.html"}, where);
  CHECK(ours.end() == "exit 0");
  const Outcome clicks = click({"--difference", where / "diff.html", "burn_iterations"});
  if (clicks.end() == "exit 77")
    return skip("a comparison in a browser", "chromium and chromedriver");
  INFO(clicks.err);
  CHECK(clicks.end() == "exit 0");
}

TEST_CASE("a report as JSON has the figures of each file, and those of a tree summed") {
  TemporaryDirectory where;
  profile_into("profiles", "cpu,heap,wall", "0.2", where);
  const json all = json_of(profiler({"report", "--json", "profiles"}, where));
  CHECK(all["facts"]["program"] == "target_cpu_shares");
  REQUIRE(all["profiles"].size() == 3);
  size_t types = 0;
  for (const auto& entry : std::filesystem::directory_iterator(where / "profiles")) {
    const std::string file = entry.path().string();
    for (const json& profile : all["profiles"]) {
      if (file.find("." + profile["mode"].get<std::string>() + ".") == std::string::npos) continue;
      for (const json& type : profile["types"]) {
        const json top = json_of(profiler({"top", "--json", "--type", type["type"], file}, where));
        CHECK(figures_of(type["functions"]) == figures_of(top["rows"]));
        CHECK(type["total"] == top["total"]);
        types++;
      }
    }
  }
  CHECK(types == 8);
  const std::string one = where / "profiles";
  const json twice = json_of(profiler({"report", "--json", "profiles", "profiles"}, where));
  const auto total = [](const json& of) { return of["profiles"][0]["types"][0]["total"]["value"]; };
  CHECK(total(twice) == total(all));
}

TEST_CASE("a report as text and as Markdown has totals, tables and waits") {
  TemporaryDirectory where;
  profile_into("profiles", "cpu,trace", "0.2", where);
  const Outcome text = profiler({"report", "--text", "-n", "30", "profiles"}, where);
  CHECK(text.end() == "exit 0");
  CHECK_THAT(text.out, Catch::Contains("burn_40") && Catch::Contains("sample type") &&
                           Catch::Contains("waits, the longest") && Catch::Contains("  main\n"));
  CHECK(!std::filesystem::exists(where / "report.html"));
  const Outcome markdown = profiler({"report", "--markdown", "-n", "30", "profiles"}, where);
  CHECK_THAT(markdown.out, Catch::Contains("### cpu, cpu") && Catch::Contains("| burn\\_40 |"));
}

TEST_CASE("what cannot be reported gets one line that names the file, and nothing is written") {
  TemporaryDirectory where;
  profile_into("profiles", "cpu,trace", "0.1", where);
  std::filesystem::create_directory(where / "empty");
  std::ofstream(where / "text.pb.gz") << "no profile";
  std::string bytes;
  for (const auto& entry : std::filesystem::directory_iterator(where / "profiles")) {
    bytes = content_of(entry.path().string());
    if (entry.path().string().ends_with(".pb.gz")) break;
  }
  std::ofstream(where / "cut.pb.gz") << bytes.substr(0, bytes.size() / 2);
  for (const auto& [path, said] : std::map<std::string, std::string>{
           {"empty", "there is no profile (*.pb.gz) and no trace (*.pftrace) in it"},
           {"text.pb.gz", "it is not a pprof profile"},
           {"cut.pb.gz", "its gzip stream is damaged or cut short"},
           {"missing.pb.gz", "No such file or directory"}}) {
    const Outcome ours = profiler({"report", "profiles", path}, where);
    CHECK(ours.end() == "exit 2");
    CHECK(ours.err == "profiler: " + path + ": " + said + "\n");
    CHECK(!std::filesystem::exists(where / "report.html"));
  }
  const Outcome unwritable = profiler({"report", "profiles", "-o", "missing/report.html"}, where);
  CHECK(unwritable.end() == "exit 1");
  CHECK(unwritable.error_lines().size() == 1);
}
