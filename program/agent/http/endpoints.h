// What net/http/pprof answers, for one process: docs/reference/http.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "program/agent/http/answer_room.h"
#include "program/agent/http/beginnings.h"
#include "program/agent/http/lasting_requests.h"
#include "program/agent/http/shared_text.h"
#include "program/agent/http/shared_turns.h"
#include "program/agent/target/row_values.h"
#include "program/agent/target/target_tables.h"
#include "program/symbols/naming_service.h"

namespace program {

struct Answer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  std::string file_name = {};  // to save it under
  Text text = {};              // instead of the body
};
// In Go's words and form.
Answer failure(int status, const std::string& sentence);

struct Question {
  std::string name;  // what stands behind /debug/pprof/
  std::map<std::string, std::string> parameters;
  std::string raw;  // the query or the body, for symbol
  // True when no client waits for the answer any more.
  std::function<bool()> is_over;

  std::string parameter(const std::string& key) const;
};

enum class Form { kBytes, kText, kStacks, kJson };

// One process's, for as long as it lives.
class Endpoints {
 public:
  // `names`: null where addresses are wanted.
  Endpoints(TargetTables& tables, NamingService* names, AnswerRoom& room, LastingRequests& lasting)
      : tables_(tables), names_(names), room_(room), lasting_(lasting), beginnings_(room) {}

  Answer answer(const Question& question);

 private:
  Answer command_line() const;
  Answer symbols(const std::string& raw) const;
  Answer window(const Question& question, const std::string& file_name, unsigned mode);
  Answer snapshot(const Question& question, unsigned mode);
  // The profile in that form, as it is now; null, and the answer why.
  Text make(const Question& question, unsigned mode, Form form, Answer* failed) const;
  // Room for a profile of these tables; null once the client has left.
  std::unique_ptr<AnswerRoom::Place> room_for(const Question& question) const;
  Answer difference(const Question& question, unsigned mode);
  Answer delta(const Question& question, const std::string& mode_name);
  Answer finish(const Question& question, std::string bytes, const std::string& file_name,
                std::unique_ptr<AnswerRoom::Place> place) const;
  Text in_form(const std::string& name, Form form, std::string bytes,
               std::unique_ptr<AnswerRoom::Place> place) const;

  TargetTables& tables_;
  NamingService* names_;
  AnswerRoom& room_;
  LastingRequests& lasting_;
  Beginnings beginnings_;
  // By the name and the form: clients of one profile at once cost one encoding.
  SharedTurns<std::pair<std::string, Form>, SharedText> snapshots_;
  std::mutex deltas_mutex_;
  std::map<std::string, RowValues> deltas_;
};

// The addresses of "0x1+0x2" with their names, in the form that pprof reads.
std::string symbol_lines(const TargetTables& tables, NamingService* names, const std::string& raw);

}  // namespace program
