// Reads options from a list of `NAME=value` texts and keeps the lines that were printed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "env/options.h"

struct OptionsReader {
  std::unique_ptr<options::Storage> storage = std::make_unique<options::Storage>();
  std::vector<std::string> lines;
  options::Options options;

  explicit OptionsReader(const std::vector<std::string>& environment, bool terminal = false) {
    std::vector<const char*> entries;
    for (const std::string& entry : environment) entries.push_back(entry.c_str());
    entries.push_back(nullptr);
    const auto keep = [](void* context, std::string_view text) {
      static_cast<std::vector<std::string>*>(context)->emplace_back(text);
    };
    options = options::parse(entries.data(), terminal, *storage, {keep, &lines});
  }

  bool one_line_with(const std::vector<std::string>& pieces) const {
    if (lines.size() != 1) return false;
    for (const std::string& piece : pieces) {
      if (lines[0].find(piece) == std::string::npos) return false;
    }
    return true;
  }
};
