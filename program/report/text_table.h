// Tables for a terminal: columns aligned, the last one cut to the width that there is.
#pragma once

#include <string>
#include <vector>

namespace program {

// "1.52 s", "64.0 MiB", "1,204": a value in the unit of a sample type.
std::string unit_text(double value, const std::string& unit);
// "12.3 %"; empty without a whole.
std::string percent_text(double part, double whole);
// "+3.1 %", from a ratio of new to base; "new" where base is 0.
std::string change_text(double ratio);

// Colours only where stdout is a terminal that shows them and NO_COLOR is not set.
bool stdout_has_colours();
// Columns of the terminal behind stdout; 0 if it is none, and nothing is to be cut.
size_t stdout_columns();

enum class Colour { kNone, kRed, kGreen, kBold, kDim };

class TextTable {
 public:
  struct Column {
    std::string title;
    bool is_left = false;
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> cells, Colour colour = Colour::kNone) {
    rows_.push_back({std::move(cells), colour});
  }
  // `columns`: 0 for no limit.
  std::string text(size_t columns, bool has_colours) const;
  // The same as a table of Markdown.
  std::string markdown() const;

 private:
  struct Row {
    std::vector<std::string> cells;
    Colour colour;
  };
  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

// The text as it is, with nothing in it that Markdown gives a meaning.
std::string markdown_text(const std::string& text);

}  // namespace program
