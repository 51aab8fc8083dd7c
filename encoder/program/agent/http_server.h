// /debug/pprof/ of a tree of processes: the first one's, and the others' below /PID/.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "encoder/program/agent/endpoints.h"
#include "encoder/program/agent/http_address.h"
#include "encoder/program/agent/http_daemon.h"
#include "encoder/program/agent/tree.h"

namespace program {

class HttpServer {
 public:
  HttpServer(Tree& tree, NamingService* names) : tree_(tree), names_(names) {}
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Begins to listen; false, and why. Context: before there are threads.
  bool listen_at(const std::string& address, const std::string& start_folder, std::string* problem);
  const std::string& url() const { return address_.url; }
  void start();
  void stop();

 private:
  HttpAnswer answer(const HttpRequest& request);
  Answer route(const HttpRequest& request);
  std::string refusal(const HttpRequest& request) const;
  std::shared_ptr<Host> first_process();
  Answer index(const Host* shown, const HttpRequest& request);
  Endpoints& endpoints_of(const std::shared_ptr<Host>& host);

  Tree& tree_;
  NamingService* names_;
  HttpAddress address_;
  AnswerRoom room_;
  LastingRequests lasting_;
  std::mutex mutex_;
  struct Served {
    std::weak_ptr<Host> host;
    std::unique_ptr<Endpoints> endpoints;
  };
  std::map<const Host*, Served> served_;
  HttpDaemon daemon_;  // the last: its threads use the rest
};

}  // namespace program
