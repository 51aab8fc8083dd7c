// A text that a subcommand makes, written where its `-o` says.
#pragma once

#include <string>
#include <vector>

namespace program {

// `path`: a file, or "-" for stdout. `inputs`: what the text was made of, none of which is
// replaced. False after one line if it cannot be written.
bool write_output(const std::string& path, const std::string& text,
                  const std::vector<std::string>& inputs);

}  // namespace program
