// profiler top, list, traces, report and convert beside go tool pprof, on files of all modes.
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;
using nlohmann::json;

namespace {

using Figures = std::map<std::string, std::pair<double, double>>;  // flat and cum by function

std::string go() {
  for (const char* path : {"/usr/local/go/bin/go", "/usr/bin/go"}) {
    if (can_execute(path)) return path;
  }
  return "";
}

std::string pprof(const std::vector<std::string>& arguments) {
  Command command = {{go(), "tool", "pprof"}};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.environment = {{"GOTOOLCHAIN", "local"}, {"GOFLAGS", ""}};
  command.limit_s = 120;
  return run(command).out;
}

std::string without_marks(std::string function) {
  for (const std::string mark : {" (inline)", " (partial-inline)"}) {
    if (function.ends_with(mark)) function.resize(function.size() - mark.size());
  }
  return function;
}

Figures top_of_pprof(const std::string& type, const std::string& unit, const std::string& file) {
  std::istringstream lines(pprof({"-top", "-nodecount=10000", "-nodefraction=0",
                                  "-sample_index=" + type, "-unit=" + unit, file}));
  Figures figures;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string flat, flat_share, sum, cum, cum_share, function;
    if (!(words >> flat >> flat_share >> sum >> cum >> cum_share)) continue;
    if (!flat_share.ends_with("%") || !std::getline(words >> std::ws, function)) continue;
    figures[without_marks(function)] = {strtod(flat.c_str(), nullptr),
                                        strtod(cum.c_str(), nullptr)};
  }
  return figures;
}

json json_of(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program());
  const Outcome ours = run({arguments});
  INFO(ours.err);
  REQUIRE(ours.end() == "exit 0");
  return json::parse(ours.out);
}

Figures figures_of(const json& rows) {
  Figures figures;
  for (const json& row : rows) figures[row["name"]] = {row["flat"]["value"], row["cum"]["value"]};
  return figures;
}

// pprof leaves out functions without a value, and prints four digits.
void check_equal(const Figures& ours, const Figures& theirs) {
  for (const auto& [function, figure] : theirs) {
    const auto found = ours.find(function);
    INFO(function);
    REQUIRE(found != ours.end());
    CHECK(found->second.first == Approx(figure.first).epsilon(1e-3));
    CHECK(found->second.second == Approx(figure.second).epsilon(1e-3));
  }
  CHECK((ours.empty() || !theirs.empty()));
}

// Of a file and itself: totals, and flat of each function that is large enough to be compared.
void check_difference(const std::string& file, const json& type) {
  const json difference = json_of({"diff", "--json", file, file});
  for (const json& compared : difference["types"]) {
    if (compared["type"] != type["type"]) continue;
    CHECK(compared["total"]["base"] == type["total"]["value"]);
    CHECK(compared["total"]["new"] == type["total"]["value"]);
    const Figures figures = figures_of(type["functions"]);
    for (const json& function : compared["functions"]) {
      CHECK(function["verdict"] != "more");
      CHECK(function["flat_base"].get<double>() == figures.at(function["function"]).first);
    }
  }
}

struct Profiled {
  explicit Profiled(const std::vector<std::string>& command, const std::string& modes) {
    run(profiled({command}, modes, output,
                 {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_BLOCK_RATE", "1ns"}}));
  }
  std::string only(const std::string& mode) const { return output.profiles(mode).at(0); }
  TemporaryDirectory output;
};

constexpr const char* kAll = "cpu,heap,block,mutex,wall,fd,threads,threadcreate";

}  // namespace

TEST_CASE("totals, flat and cum of top and report are those of go tool pprof, in all modes") {
  if (go().empty()) return skip("go tool pprof", "there is no go");
  size_t files = 0, types = 0;
  for (const auto& command : std::vector<std::vector<std::string>>{
           {target("inlined")}, {target("cpu_shares"), "2", "0.3"}, {target("wakes"), "20"}}) {
    const Profiled of(command, kAll);
    for (const std::string& name : of.output.files()) {
      const std::string file = of.output / name;
      const json report = json_of({"report", "--json", file});
      for (const json& type : report["profiles"][0]["types"]) {
        INFO(name << " " << type["type"]);
        const json top = json_of({"top", "--json", "--type", type["type"], file});
        const Figures theirs = top_of_pprof(type["type"], type["unit"], file);
        check_equal(figures_of(top["rows"]), theirs);
        check_equal(figures_of(type["functions"]), theirs);
        CHECK(top["total"] == type["total"]);
        check_difference(file, type);
        types++;
      }
      files++;
    }
  }
  printf("figure: %zu types of %zu files are as go tool pprof has them\n", types, files);
  CHECK(files >= 20);
}

TEST_CASE("the lines of a function add up as those of go tool pprof -list") {
  if (go().empty()) return skip("go tool pprof", "there is no go");
  const Profiled of({target("cpu_shares"), "1", "0.3"}, "cpu");
  const std::string file = of.only("cpu");
  const json listed = json_of({"list", "--json", "work", file});
  REQUIRE(listed["functions"].size() == 1);
  CHECK(listed["functions"][0]["file"].get<std::string>().ends_with("tests/targets/cpu_shares.c"));
  std::istringstream lines(pprof({"-list=^work$", "-unit=ns", file}));
  std::map<int, std::pair<double, double>> theirs;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string flat, cum, number;
    if (!(words >> flat >> cum >> number) || !number.ends_with(":")) continue;
    if (flat == "." && cum == ".") continue;
    theirs[atoi(number.c_str())] = {strtod(flat.c_str(), nullptr), strtod(cum.c_str(), nullptr)};
  }
  REQUIRE(!theirs.empty());
  size_t compared = 0;
  for (const json& line : listed["functions"][0]["lines"]) {
    const auto found = theirs.find(line["line"]);
    if (found == theirs.end()) continue;
    CHECK(line["flat"]["value"].get<double>() == Approx(found->second.first).epsilon(1e-3));
    CHECK(line["cum"]["value"].get<double>() == Approx(found->second.second).epsilon(1e-3));
    compared++;
  }
  CHECK(compared == theirs.size());
}

TEST_CASE("list shows the source beside the figures, also where it has moved") {
  const Profiled of({target("cpu_shares"), "1", "0.2"}, "cpu");
  const Outcome ours = run({{program(), "list", "work", of.only("cpu")}});
  CHECK(ours.end() == "exit 0");
  CHECK_THAT(ours.out, Catch::Contains("functions[deck[i]](iterations);"));
  const Outcome glob = run({{program(), "list", "burn_*", of.only("cpu")}});
  CHECK_THAT(glob.out, Catch::Contains("burn_iterations in ") && Catch::Contains("burn.h"));
}

TEST_CASE("traces and collapsed stacks hold the whole of a profile, each stack once") {
  const Profiled of({target("inlined")}, "cpu,heap");
  for (const std::string mode : {"cpu", "heap"}) {
    const std::string file = of.only(mode);
    const json top = json_of({"top", "--json", file}), traces = json_of({"traces", "--json", file});
    double sum = 0;
    for (const json& stack : traces["stacks"]) sum += stack["value"].get<double>();
    CHECK(sum == top["total"]["value"].get<double>());
    const Outcome collapsed = run({{program(), "convert", "--to", "collapsed", "-o", "-", file}});
    std::istringstream lines(collapsed.out);
    double collapsed_sum = 0;
    std::set<std::string> stacks;
    for (std::string line; std::getline(lines, line);) {
      const size_t space = line.rfind(' ');
      CHECK(stacks.insert(line.substr(0, space)).second);
      collapsed_sum += strtod(line.c_str() + space, nullptr);
    }
    CHECK(collapsed_sum == sum);
  }
  const Outcome text = run({{program(), "traces", "-n", "1", of.only("cpu")}});
  CHECK_THAT(text.out, Catch::Contains("thread=") && Catch::Contains("more (-n shows more)"));
}

TEST_CASE("converted files lie beside the profile and say their paths") {
  const Profiled of({target("cpu_shares"), "1", "0.2"}, "cpu");
  const std::string file = of.only("cpu"), front = file.substr(0, file.size() - 6);
  for (const auto& [format, end] :
       std::map<std::string, std::string>{{"collapsed", ".collapsed.txt"},
                                          {"speedscope", ".speedscope.json"},
                                          {"firefox", ".firefox.json"}}) {
    const Outcome ours = run({{program(), "convert", "--to", format, file}});
    CHECK(ours.out == front + end + "\n");
    CHECK(std::filesystem::file_size(front + end) > 50);
  }
}

TEST_CASE("a profile is not replaced by what is made of it") {
  const Profiled of({target("cpu_shares"), "1", "0.1"}, "cpu");
  const std::string file = of.only("cpu");
  const auto size = std::filesystem::file_size(file);
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"convert", "--to", "collapsed", "-o", file, file},
                                             {"report", "-o", file, file},
                                             {"diff", "-o", file, file, file}}) {
    std::vector<std::string> all = {program()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome ours = run({all});
    INFO(arguments[0] << ": " << ours.err);
    CHECK(ours.end() != "exit 0");
    CHECK_THAT(ours.err, Catch::Contains("it is one of the files to read"));
    CHECK(std::filesystem::file_size(file) == size);
  }
}

// They ended with 0 and nothing was there.
TEST_CASE("what a full disk takes nothing of is no success") {
  const Profiled of({target("cpu_shares"), "1", "0.1"}, "cpu");
  const std::string file = of.only("cpu");
  for (const std::string& words :
       {"top " + file, "list burn_40 " + file, "traces " + file, "diff " + file + " " + file,
        "report --text " + file, "report -o - " + file, "convert --to collapsed -o - " + file,
        std::string("help")}) {
    const Outcome ours = run({{"sh", "-c", program() + " " + words + " > /dev/full"}});
    INFO(words << ": " << ours.err);
    CHECK(ours.end() == "exit 1");
    CHECK(ours.err == "profiler: stdout: cannot be written\n");
  }
}

TEST_CASE("what cannot be shown or converted gets one line and status 2") {
  const Profiled of({target("cpu_shares"), "1", "0.1"}, "cpu,trace");
  const std::string good = of.only("cpu"), trace = of.only("trace");
  std::ifstream whole(good);
  std::ostringstream bytes;
  bytes << whole.rdbuf();
  const std::string cut = of.output / "cut.pb.gz";
  std::ofstream(cut) << bytes.str().substr(0, bytes.str().size() / 2);
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"top", trace},
           {"top", cut},
           {"top", "--type", "none", good},
           {"top", "missing"},
           {"list", "work", trace},
           {"list", "work", cut},
           {"list", "no_such_function", good},
           {"list", "--type", "none", "work", good},
           {"traces", trace},
           {"traces", cut},
           {"traces", "--type", "none", good},
           {"convert", "--to", "otlp", good},
           {"convert", "--to", "collapsed", trace},
           {"convert", "--to", "pprof", good},
           {"convert", "--to", "firefox", cut},
           {"convert", good},
           {"convert", "--to", "pprof", "--type", "cpu", trace},
           {"report", "-n", "3", good},
           {"report", "--source-path", "/none", good},
           {"top", "--by", "thred", good},
           {"top", "-n", "-1", good},
           {"merge", "-o", "-", good},
           {"report", "--text", "--source-path", "/", good},
           {"report", "--text", "--no-sources", good},
           {"report", "--text", "-o", "-", good},
           {"convert", "--to", "speedscope", "--type", "none", good}}) {
    std::vector<std::string> all = {program()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome ours = run({all});
    INFO(arguments[0] << " " << arguments[1] << ": " << ours.err);
    CHECK(ours.end() == "exit 2");
    CHECK(ours.error_lines().size() == 1);
    CHECK(ours.out.empty());
  }
}
