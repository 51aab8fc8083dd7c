#include "env/output_name.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "tests/unit/env/temporary_directory.h"

using output_name::Fields;

namespace {

std::map<std::string, std::string> variables;

std::string_view look_up(void*, std::string_view name) {
  const auto found = variables.find(std::string(name));
  return found == variables.end() ? std::string_view() : found->second;
}

Fields plain_fields() {
  Fields fields;
  fields.program = "app";
  fields.pid = 4711;
  fields.mode = "heap";
  fields.host = "box";
  fields.start_time_s = 1700000000;
  fields.start_directory = "/nowhere";
  fields.environment = {look_up, nullptr};
  return fields;
}

std::string expand(const std::string& name_template, const Fields& fields = plain_fields()) {
  char buffer[output_name::kPathSize];
  const auto name = output_name::expand(name_template, fields, buffer);
  if (name.error != nullptr) return std::string("error: ") + name.error;
  CHECK(name.path.data()[name.path.size()] == '\0');
  return std::string(name.path);
}

// What one foreign value becomes.
std::string inserted(const std::string& value) {
  Fields fields = plain_fields();
  fields.program = value;
  return expand("/d/%e", fields).substr(3);
}

}  // namespace

TEST_CASE("each conversion is replaced by its field") {
  variables = {{"JOB", "j1"}};
  CHECK(expand("") == "/nowhere/app.4711.heap.pb.gz");
  CHECK(expand("/o/%e-%p-%m-%h-%t-%n-%q{JOB}-%%.pb.gz") ==
        "/o/app-4711-heap-box-1700000000-1-j1-%.pb.gz");
  CHECK(expand("/o/%q{UNSET}.pb.gz") == "/o/_.pb.gz");
}

TEST_CASE("a template is valid only if every percent sign begins a known conversion") {
  for (const char* good : {"", "x", "%%", "%e%p%m%h%t%n", "%q{A}", "a/%q{A B}/"}) {
    CHECK(output_name::valid(good));
  }
  for (const char* bad : {"%", "a%", "%x", "%E", "%q", "%q{", "%q{}", "%qA", "%q{A", "% e"}) {
    CHECK_FALSE(output_name::valid(bad));
  }
}

TEST_CASE("a relative template begins at the directory the program started in") {
  CHECK(expand("x.pb.gz") == "/nowhere/x.pb.gz");
  CHECK(expand("../x.pb.gz") == "/nowhere/../x.pb.gz");
  Fields fields = plain_fields();
  fields.start_directory = "/";
  CHECK(expand("x.pb.gz", fields) == "/x.pb.gz");
}

TEST_CASE("a template that ends in a slash is a directory to be made for the default name") {
  char buffer[output_name::kPathSize];
  const auto name = output_name::expand("out/%h/", plain_fields(), buffer);
  CHECK(name.path == "/nowhere/out/box/app.4711.heap.pb.gz");
  CHECK(name.path.substr(0, name.directory_to_make) == "/nowhere/out/box/");
}

TEST_CASE("a template that is a directory is the directory for the default name") {
  const TemporaryDirectory directory;
  CHECK(expand(directory.path()) == directory / "app.4711.heap.pb.gz");
  Fields fields = plain_fields();
  fields.start_directory = directory.path();
  CHECK(expand(".", fields) == directory / "./app.4711.heap.pb.gz");
  directory.put("file", "");
  CHECK(expand(directory / "file") == directory / "file");
}

TEST_CASE("what the template lacks to keep two files apart goes before the extension, in order") {
  Fields fields = plain_fields();
  CHECK(expand("/o/x.pb.gz", fields) == "/o/x.pb.gz");
  fields.several_modes = true;
  CHECK(expand("/o/x.pb.gz", fields) == "/o/x.heap.pb.gz");
  fields.first_process = false;
  CHECK(expand("/o/x.pb.gz", fields) == "/o/x.heap.4711.pb.gz");
  fields.dump_number = 3;
  CHECK(expand("/o/x.pb.gz", fields) == "/o/x.heap.4711.3.pb.gz");
  CHECK(expand("/o/x-%m.pb.gz", fields) == "/o/x-heap.4711.3.pb.gz");
  CHECK(expand("/o/x-%p.pb.gz", fields) == "/o/x-4711.heap.3.pb.gz");
  CHECK(expand("/o/%n/x.pb.gz", fields) == "/o/3/x.heap.4711.pb.gz");
  CHECK(expand("/o/%m%p%n", fields) == "/o/heap47113");
  CHECK(expand("", fields) == "/nowhere/app.4711.heap.3.pb.gz");
}

TEST_CASE("the first dump has a number only if there are to be several") {
  Fields fields = plain_fields();
  CHECK(expand("/o/x.pb.gz", fields) == "/o/x.pb.gz");
  fields.several_dumps = true;
  CHECK(expand("/o/x.pb.gz", fields) == "/o/x.1.pb.gz");
}

TEST_CASE("the extension is .pb.gz whole, else from the last dot that the user wrote") {
  Fields fields = plain_fields();
  fields.several_modes = true;
  fields.program = "a.out";
  const std::map<std::string, std::string> cases = {{"/o/x", "/o/x.heap"},
                                                    {"/o/x.prof", "/o/x.heap.prof"},
                                                    {"/o/x.y.gz", "/o/x.y.heap.gz"},
                                                    {"/o.d/x", "/o.d/x.heap"},
                                                    {"/o/.hidden", "/o/.hidden.heap"},
                                                    {"/o/.pb.gz", "/o/.heap.pb.gz"},
                                                    {"/o/x.%p", "/o/x.4711.heap"},
                                                    {"/o/%e", "/o/a.out.heap"},
                                                    {"/o/%e.pb.gz", "/o/a.out.heap.pb.gz"}};
  for (const auto& [given, wanted] : cases) CHECK(expand(given, fields) == wanted);
}

TEST_CASE("traces end in .pftrace") {
  Fields fields = plain_fields();
  fields.mode = "trace";
  CHECK(expand("", fields) == "/nowhere/app.4711.trace.pftrace");
  CHECK(expand("/o/x", fields) == "/o/x.pftrace");
  CHECK(expand("/o/x.pftrace", fields) == "/o/x.pftrace");
  fields.several_modes = true;
  CHECK(expand("/o/x.pb.gz", fields) == "/o/x.trace.pftrace");
}

TEST_CASE("a hostile value stays one harmless part of the file's name") {
  CHECK(inserted("../../x") == "___.._x");
  CHECK(inserted("..") == "__");
  CHECK(inserted(".hidden") == "_hidden");
  CHECK(inserted("/etc/passwd") == "_etc_passwd");
  CHECK(inserted("a\nb\tc\x7f") == "a_b_c_");
  CHECK(inserted("a:b") == "a_b");
  CHECK(inserted("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
  CHECK(inserted("gr\xfc\xdf") == "gr__");
  CHECK(inserted("\xe2\x82") == "__");
  CHECK(inserted("") == "_");
  CHECK(inserted("%p$(x) y") == "%p$(x) y");
}

TEST_CASE("control characters that the user wrote into the file's name become underscores") {
  CHECK(expand("/o\n/a\nb.pb.gz") == "/o\n/a_b.pb.gz");
}

TEST_CASE("a name that is too long is an error with a sentence, not a shorter name") {
  CHECK(inserted(std::string(255, 'x')) == std::string(255, 'x'));
  Fields fields = plain_fields();
  const std::string long_name(256, 'x');
  fields.program = long_name;
  CHECK(expand("/o/%e", fields) == "error: a name in the path is longer than 255 bytes");
  CHECK(expand("/o/%e/x", fields) == "error: a name in the path is longer than 255 bytes");
  std::string deep;
  while (deep.size() < 4094) deep += "/y";
  CHECK(expand(deep + "z") == deep + "z");
  CHECK(expand(deep + "zz") == "error: the path is longer than 4095 bytes");
  CHECK(expand(std::string(5000, 'x')) == "error: the path is longer than 4095 bytes");
  fields.several_modes = true;
  fields.mode = long_name;
  CHECK(expand("/o/x", fields).substr(0, 7) == "error: ");
}

TEST_CASE("the k-th alternative has its number before the extension") {
  char first[output_name::kPathSize];
  char second[output_name::kPathSize];
  const auto name = output_name::expand("", plain_fields(), first);
  CHECK(output_name::alternative(name, 2, second).path == "/nowhere/app.4711.heap-2.pb.gz");
  CHECK(output_name::alternative(name, 13, second).path == "/nowhere/app.4711.heap-13.pb.gz");
  const auto bare = output_name::expand("/o/x.%p", plain_fields(), first);
  CHECK(output_name::alternative(bare, 2, second).path == "/o/x.4711-2");
  const auto given = output_name::as_given("/o.d/mine.prof", first);
  CHECK(output_name::alternative(given, 2, second).path == "/o.d/mine-2.prof");
}

TEST_CASE("a path as given is taken as it is") {
  char buffer[output_name::kPathSize];
  CHECK(output_name::as_given("/o/%e:x", buffer).path == "/o/%e:x");
  CHECK(output_name::as_given("/o/", buffer).error != nullptr);
  CHECK(output_name::as_given("", buffer).error != nullptr);
}

TEST_CASE("binding the environment leaves a template that needs it no more") {
  variables = {{"A", "50%/x"}, {"L", std::string(300, 'x')}};
  char buffer[output_name::kPathSize];
  const auto bound =
      output_name::bind_environment("/o/%q{A}.%p.%%.pb.gz", {look_up, nullptr}, buffer);
  CHECK(bound == "/o/50%%_x.%p.%%.pb.gz");
  Fields fields = plain_fields();
  fields.environment = {};
  CHECK(expand(std::string(bound), fields) == "/o/50%_x.4711.%.pb.gz");
  CHECK(output_name::bind_environment("%q{L}", {look_up, nullptr}, buffer).empty());
}
