// Every row of docs/reliability.md.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>

#include "tests/e2e/reliability/judge.h"

using namespace e2e;

namespace {

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  add_rows_of_ends(rows);
  add_rows_of_images(rows);
  add_rows_of_trees(rows);
  add_rows_of_places(rows);
  add_rows_of_loading(rows);
  add_rows_of_preloads(rows);
  add_rows_of_threads(rows);
  add_rows_of_stacks(rows);
  add_rows_of_limits(rows);
  add_rows_of_processors(rows);
  return rows;
}

void look(const Row& row, Judge& judge) {
  try {
    row.judge(judge);
  } catch (const std::exception& error) {  // a file that cannot be read
    judge.complaints.emplace_back(error.what());
  }
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
  std::replace(all.begin(), all.end(), '\n', ' ');  // a line a row
  return all;
}

}  // namespace

// scripts/reliability asks for the rows of one protection, and for what was seen.
TEST_CASE("every row of the table holds") {
  const char* protection = getenv("RELIABILITY_PROTECTION");
  const char* report = getenv("RELIABILITY_REPORT");
  std::ofstream seen(report != nullptr ? report : "/dev/null");
  for (const Row& row : all_rows()) {
    if (protection != nullptr && row.protection != std::string(protection)) continue;
    Judge judge;
    const auto start = std::chrono::steady_clock::now();
    look(row, judge);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    INFO(row.group << ": " << row.way << ": " << joined(judge.complaints));
    CHECK(judge.complaints.empty());
    seen << row.group << '\t' << row.way << '\t' << row.protection << '\t' << judge.host << '\t'
         << judge.profile << '\t' << joined(judge.complaints) << '\t' << taken.count() << std::endl;
  }
}

TEST_CASE("docs/reliability.md has every row, and has seen each fail") {
  const std::string table = read_file(source("docs/reliability.md"));
  for (const Row& row : all_rows()) {
    INFO(row.way << " (scripts/reliability --write)");
    CHECK(table.find("| " + std::string(row.way) + " |") != std::string::npos);
  }
  CHECK(table.find("holds all the same") == std::string::npos);
}
