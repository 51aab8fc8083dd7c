// What tables say of the process that they belong to: enough to name and place its files.
#pragma once

#include <cstdint>
#include <string>

#include "encoder/tables_view.h"
#include "env/output_name.h"

namespace program {

// The path of the origin that stands beside tables of that path.
std::string origin_path(const std::string& tables_path);

class Origin {
 public:
  explicit Origin(const encoder::TablesView& view);

  // False for damaged tables.
  bool names_a_place() const;
  // As the host would name it. `several`: the number is told, also if it is the first.
  output_name::Name name(const std::string& mode, uint64_t number, bool several,
                         char (&bytes)[output_name::kPathSize]) const;

  const std::string& program() const { return program_; }

 private:
  const layout::Header& header_;
  std::string program_, host_, folder_, name_template_;
  bool several_modes_;
};

}  // namespace program
