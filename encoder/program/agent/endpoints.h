// What net/http/pprof answers, for one process: docs/HTTP.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "encoder/program/agent/host_tables.h"
#include "encoder/program/agent/naming_service.h"
#include "encoder/program/agent/row_values.h"

namespace program {

struct Answer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  std::string file_name = {};  // to save it under
};
// In Go's words and form.
Answer failure(int status, const std::string& sentence);

struct Question {
  std::string name;  // what stands behind /debug/pprof/
  std::map<std::string, std::string> parameters;
  std::string raw;  // the query or the body, for symbol
  // True when nobody waits for the answer any more.
  std::function<bool()> is_over;

  std::string parameter(const std::string& key) const;
};

// One process's, for as long as it lives.
class Endpoints {
 public:
  // `names`: null where addresses are wanted.
  Endpoints(HostTables& tables, NamingService* names) : tables_(tables), names_(names) {}

  Answer answer(const Question& question);

 private:
  Answer command_line() const;
  Answer symbols(const std::string& raw) const;
  Answer window(const Question& question, const std::string& file_name, unsigned mode);
  Answer snapshot(const Question& question, unsigned mode) const;
  Answer difference(const Question& question, unsigned mode);
  Answer delta(const std::string& mode_name);
  Answer finish(const Question& question, std::string bytes, const std::string& file_name) const;

  HostTables& tables_;
  NamingService* names_;
  std::mutex deltas_mutex_;
  std::map<std::string, RowValues> deltas_;
};

// The addresses of "0x1+0x2" with their names, in the form that pprof reads.
std::string symbol_lines(const HostTables& tables, NamingService* names, const std::string& raw);

}  // namespace program
