// What net/http/pprof answers, for one process: docs/HTTP.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "encoder/program/agent/answer_room.h"
#include "encoder/program/agent/beginnings.h"
#include "encoder/program/agent/host_tables.h"
#include "encoder/program/agent/lasting_requests.h"
#include "encoder/program/naming_service.h"
#include "encoder/program/agent/row_values.h"
#include "encoder/program/agent/text_source.h"

namespace program {

struct Answer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  std::string file_name = {};             // to save it under
  std::unique_ptr<TextSource> text = {};  // instead of the body
  std::unique_ptr<AnswerRoom::Place> place = {};
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
  Endpoints(HostTables& tables, NamingService* names, AnswerRoom& room, LastingRequests& lasting)
      : tables_(tables), names_(names), room_(room), lasting_(lasting) {}

  Answer answer(const Question& question);

 private:
  Answer command_line() const;
  Answer symbols(const std::string& raw) const;
  Answer window(const Question& question, const std::string& file_name, unsigned mode);
  Answer snapshot(const Question& question, unsigned mode) const;
  // Room for a profile of these tables; null once the client has left.
  std::unique_ptr<AnswerRoom::Place> room_for(const Question& question) const;
  Answer difference(const Question& question, unsigned mode);
  Answer delta(const Question& question, const std::string& mode_name);
  Answer finish(const Question& question, std::string bytes, const std::string& file_name,
                std::unique_ptr<AnswerRoom::Place> place) const;

  HostTables& tables_;
  NamingService* names_;
  AnswerRoom& room_;
  LastingRequests& lasting_;
  Beginnings beginnings_;
  std::mutex deltas_mutex_;
  std::map<std::string, RowValues> deltas_;
};

// The addresses of "0x1+0x2" with their names, in the form that pprof reads.
std::string symbol_lines(const HostTables& tables, NamingService* names, const std::string& raw);

}  // namespace program
