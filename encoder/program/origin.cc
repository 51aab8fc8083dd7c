#include "encoder/program/origin.h"

#include <algorithm>

#include "env/spool_name.h"

namespace program {
namespace {

std::string text(const encoder::TablesView& view, layout::Ref ref) {
  uint64_t bad = 0;
  return std::string(view.text(ref, &bad));
}

}  // namespace

std::string origin_path(const std::string& tables_path) {
  const bool is_named_so = tables_path.ends_with(spool::kTablesEnd);
  return tables_path.substr(0, tables_path.size() - (is_named_so ? spool::kTablesEnd.size() : 0)) +
         std::string(spool::kOriginEnd);
}

Origin::Origin(const encoder::TablesView& view)
    : header_(view.header()),
      program_(text(view, header_.program_name)),
      host_(text(view, header_.host_name)),
      folder_(text(view, header_.start_folder)),
      name_template_(text(view, header_.output).c_str()) {
  unsigned wanted = 0;
  for (uint32_t i = 0; i < std::min(header_.mode_count, layout::kMaxModes); i++) {
    wanted += header_.modes[i].on_demand == 0 ? 1 : 0;
  }
  several_modes_ = wanted > 1;
}

bool Origin::names_a_place() const {
  return folder_.find('\0') == std::string::npos && output_name::valid(name_template_);
}

output_name::Name Origin::name(const std::string& mode, uint64_t number, bool several,
                               char (&bytes)[output_name::kPathSize]) const {
  output_name::Fields fields;
  fields.program = program_;
  fields.pid = static_cast<uint32_t>(header_.pid);
  fields.first_process = (header_.flags & layout::kFirstProcess) != 0;
  fields.mode = mode;
  fields.several_modes = several_modes_;
  fields.host = host_;
  fields.start_time_s = header_.start_realtime_ns / 1000000000;
  fields.dump_number = number;
  fields.several_dumps = several;
  fields.start_folder = folder_;
  return output_name::expand(name_template_, fields, bytes);
}

}  // namespace program
