// Tables as Markdown.
#include <catch2/catch.hpp>

#include "program/report/text_table.h"

using program::markdown_text;

TEST_CASE("text in Markdown is neither markup nor a link nor a mention") {
  CHECK(markdown_text("operator*<a_b>|`x`") == "operator\\*\\<a\\_b\\>\\|\\`x\\`");
  CHECK(markdown_text("[here](https://host) @user #7 ~~x~~") ==
        "\\[here\\](https\\://host) \\@user \\#7 \\~\\~x\\~\\~");
  CHECK(markdown_text("two\nlines\x1b") == "two?lines?");
  CHECK(markdown_text("www.evil.com") == "www\\.evil.com");
  CHECK(markdown_text("std::map").starts_with("std::map"));
}

TEST_CASE("a cell of a Markdown table cannot end it") {
  program::TextTable table({{"function", true}, {"flat"}});
  table.add({"a | b\n| c", "1"});
  CHECK(table.markdown() == "| function | flat |\n| :-- | --: |\n| a \\| b?\\| c | 1 |\n");
}
