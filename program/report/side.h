// What the runs of one side of a comparison say together of a sample type and its functions. A key
// is that of FigureTable's rows.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "program/profiles/runs.h"

namespace program {

// How many of the runs have it, and whether all do: one that lacks it says nothing of it.
size_t runs_with(const std::vector<Run>& side, const FigureName& name);
bool has(const std::vector<Run>& side, const FigureName& name);

// nullptr if the run has nothing of that function.
const FigureRow* row_of(const Run& run, const FigureName& name, const std::string& key);

double mean_flat(const std::vector<Run>& side, const FigureName& name, const std::string& key);

// Functions that have at least 1 % of the mean total of the side.
std::set<std::string> large_functions(const std::vector<Run>& side, const FigureName& name);

// The key of the function that called this one with the most of its figure; empty: none did.
std::string main_caller(const std::vector<Run>& side, const FigureName& name,
                        const std::string& key);

// The line of a function whose mean grew most from base to fresh; 0 if no line grew.
int64_t grown_line(const std::vector<Run>& base, const std::vector<Run>& fresh,
                   const FigureName& name, const std::string& key);

}  // namespace program
