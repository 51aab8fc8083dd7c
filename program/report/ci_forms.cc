#include "program/report/ci_forms.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <sstream>

#include "program/system/console.h"

namespace program {
namespace {

namespace fs = std::filesystem;

// As GitHub's toolkit escapes them: properties end at a comma or a colon, all at a line's end.
std::string escaped(const std::string& text, bool is_property) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '%':
        result += "%25";
        break;
      case '\r':
        result += "%0D";
        break;
      case '\n':
        result += "%0A";
        break;
      case ':':
        result += is_property ? "%3A" : ":";
        break;
      case ',':
        result += is_property ? "%2C" : ",";
        break;
      default:
        result += c;
    }
  }
  return result;
}

// The same for the same finding in every run: GitLab shows what is new by it.
std::string fingerprint(const CheckOutcome& outcome) {
  char text[24];
  snprintf(text, sizeof text, "%016zx",
           std::hash<std::string>()(outcome.text + '\n' + outcome.function));
  return text;
}

}  // namespace

std::string path_in(const std::string& workspace, const std::string& file) {
  std::error_code error;
  const fs::path root = fs::weakly_canonical(workspace.empty() ? "." : workspace, error);
  const fs::path given(file);
  if (given.is_absolute()) {
    const fs::path relative = fs::weakly_canonical(given, error).lexically_relative(root);
    if (!relative.empty() && *relative.begin() != "..") return relative.string();
  }
  // Built elsewhere (another checkout, a container, a build directory): the longest end that
  // exists.
  for (auto from = given.begin(); from != given.end(); ++from) {
    fs::path end;
    for (auto at = from; at != given.end(); ++at)
      end /= *at == "/" || *at == ".." ? fs::path() : *at;
    if (!end.empty() && fs::is_regular_file(root / end, error)) return end.string();
  }
  return file;
}

std::string junit(const std::vector<CheckOutcome>& outcomes) {
  pugi::xml_document document;
  pugi::xml_node suite = document.append_child("testsuites").append_child("testsuite");
  int failures = 0, errors = 0;  // an error: no verdict, and the command does not end with 0
  for (const CheckOutcome& outcome : outcomes) {
    failures += outcome.result == CheckResult::kFailed ? 1 : 0;
    errors += outcome.result != CheckResult::kFailed && outcome.result != CheckResult::kPassed;
  }
  suite.append_attribute("name") = "profiler";
  suite.append_attribute("tests") = static_cast<int>(outcomes.size());
  suite.append_attribute("failures") = failures;
  suite.append_attribute("errors") = errors;
  for (const CheckOutcome& outcome : outcomes) {
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname") = "profiler";
    test.append_attribute("name") = printable(outcome.text).c_str();
    if (!outcome.file.empty()) test.append_attribute("file") = printable(outcome.file).c_str();
    const std::string line = check_line(outcome);
    if (outcome.result == CheckResult::kFailed) {
      test.append_child("failure").append_attribute("message") = line.c_str();
    } else if (outcome.result != CheckResult::kPassed) {
      test.append_child("error").append_attribute("message") = line.c_str();
    } else {
      test.append_child("system-out").text() = line.c_str();
    }
  }
  std::ostringstream text;
  document.save(text, "  ");
  return text.str();
}

std::string github_annotations(const std::vector<CheckOutcome>& outcomes,
                               const std::string& workspace) {
  std::string lines;
  for (const CheckOutcome& outcome : outcomes) {
    if (outcome.result == CheckResult::kPassed) continue;
    std::string properties = "title=" + escaped(outcome.text, true);
    if (!outcome.file.empty()) {
      properties += ",file=" + escaped(path_in(workspace, outcome.file), true);
      if (outcome.line > 0) properties += ",line=" + std::to_string(outcome.line);
    }
    lines += "::error " + properties + "::" + escaped(check_line(outcome), false) + "\n";
  }
  return lines;
}

std::string gitlab_report(const std::vector<CheckOutcome>& outcomes, const std::string& workspace) {
  using nlohmann::json;
  json all = json::array();
  for (const CheckOutcome& outcome : outcomes) {
    if (outcome.result != CheckResult::kFailed) continue;
    const std::string path = outcome.file.empty() ? "." : path_in(workspace, outcome.file);
    all.push_back({{"description", check_line(outcome)},
                   {"check_name", outcome.text},
                   {"fingerprint", fingerprint(outcome)},
                   {"severity", "major"},
                   {"location",
                    {{"path", path}, {"lines", {{"begin", std::max<int64_t>(1, outcome.line)}}}}}});
  }
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace program
