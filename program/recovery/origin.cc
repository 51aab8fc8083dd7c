#include "program/recovery/origin.h"

#include <fcntl.h>
#include <unistd.h>

#include "tables/spool_name.h"

namespace program {

std::string origin_path(const std::string& tables_path) {
  const bool is_named_so = tables_path.ends_with(spool::kTablesEnd);
  return tables_path.substr(0, tables_path.size() - (is_named_so ? spool::kTablesEnd.size() : 0)) +
         std::string(spool::kOriginEnd);
}

bool Origin::read(int fd, const struct stat& tables, std::string* problem) {
  if (const char* why = origin::check_owner(fd)) {
    *problem = std::string("the origin of its tables is not believed: ") + why;
    return false;
  }
  bytes_.resize(origin::kMostBytes + 1);
  const ssize_t size = pread(fd, bytes_.data(), bytes_.size(), 0);
  bytes_.resize(size > 0 ? static_cast<size_t>(size) : 0);
  if (!origin::read(bytes_, *facts_) || !output_name::valid(facts_->file_template)) {
    *problem = "the origin of its tables is damaged or of another version of libprofiler";
    return false;
  }
  if (head().tables_device != tables.st_dev || head().tables_inode != tables.st_ino) {
    *problem = "the origin beside its tables belongs to other tables";
    return false;
  }
  return true;
}

bool Origin::read_beside(const std::string& tables_path, const struct stat& tables,
                         std::string* problem) {
  const std::string path = origin_path(tables_path);
  const int fd = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    *problem = "its tables have no origin (" + path + "), so where its files belong is not known";
    return false;
  }
  const bool done = read(fd, tables, problem);
  close(fd);
  return done;
}

// A percent sign in the directory is none of the template's. A template that ends in a slash names
// a directory, for files of the default name.
void Origin::redirect(const std::string& directory) {
  redirected_.clear();
  for (const char c : directory) redirected_ += c == '%' ? std::string("%%") : std::string(1, c);
  const std::string given(facts_->file_template);
  redirected_ += "/" + given.substr(given.rfind('/') + 1);
}

output_name::Name Origin::name(const File& file, char (&bytes)[output_name::kPathSize]) const {
  output_name::Fields fields;
  fields.program = facts_->program_name;
  fields.pid = static_cast<uint64_t>(pid());
  fields.first_process = is_first_process();
  fields.mode = file.mode;
  fields.several_modes = file.several_modes;
  fields.host = facts_->host_name;
  fields.start_time_s = head().start_realtime_ns / 1000000000;
  fields.dump_number = file.number;
  fields.several_dumps = file.numbered;
  fields.start_directory = facts_->start_directory;
  const std::string_view chosen =
      redirected_.empty() ? facts_->file_template : std::string_view(redirected_);
  return output_name::expand(chosen, fields, bytes);
}

}  // namespace program
