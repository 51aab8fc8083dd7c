#include "env/options.h"
#include "env/sys/text.h"

namespace options {

namespace {

constexpr size_t kColumns = 100;
constexpr size_t kIndent = 6;

// Words up to the last column, lines after the first indented. A word is never cut.
class Paragraph {
 public:
  explicit Paragraph(Writer writer) : writer_(writer) {}
  void put(std::string_view words) {
    while (!words.empty()) {
      size_t end = text::find(words, " ");
      if (end == text::kNowhere) end = words.size();
      put_word(text::part(words, 0, end));
      words = text::part(words, end + 1);
    }
  }
  void end_line() {
    write("\n");
    column_ = 0;
  }

 private:
  void put_word(std::string_view word) {
    if (column_ > 0 && column_ + 1 + word.size() > kColumns) end_line();
    if (column_ == 0) {
      write(text::part("          ", 0, kIndent));
      column_ = kIndent;
    } else if (column_ > kIndent) {
      write(" ");
      column_++;
    }
    write(word);
    column_ += word.size();
  }
  void write(std::string_view piece) { writer_.write(writer_.context, piece); }

  Writer writer_;
  size_t column_ = 0;
};

void write_row(const Row& row, bool terminal, Writer writer) {
  char bytes[512];
  text::Builder head(bytes);
  head << "  " << kPrefix << row.name << '=' << default_text(row, terminal);
  if (row.check.kind != Kind::kModes) {  // the modes follow, a line each
    head << "   [";
    describe_accepted(row.check, head);
    head << ']';
  }
  head << '\n';
  writer.write(writer.context, head.view());
  Paragraph paragraph(writer);
  paragraph.put(row.meaning);
  paragraph.end_line();
}

void write_mode(const ModeName& mode, Writer writer) {
  char bytes[256];
  text::Builder line(bytes);
  line << "      " << mode.name;
  while (line.size() < 20) line << ' ';
  line << mode.meaning;
  if (!mode.aliases.empty()) line << "; also " << mode.aliases;
  line << '\n';
  writer.write(writer.context, line.view());
}

}  // namespace

void write_help(bool stderr_is_terminal, Writer writer) {
  writer.write(writer.context,
               "The profiler's variables with their defaults, and what is accepted in [].\n");
  for (const Row& row : kRows) {
    write_row(row, stderr_is_terminal, writer);
    if (row.check.kind != Kind::kModes) continue;
    for (const ModeName& mode : kModeNames) write_mode(mode, writer);
  }
}

}  // namespace options
