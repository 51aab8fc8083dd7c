// /debug/pprof/ of a tree of processes: the first one's, and the others' below /PID/.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "program/agent/http/endpoints.h"
#include "program/agent/http/http_address.h"
#include "program/agent/http/http_daemon.h"
#include "program/agent/tree.h"

namespace program {

class HttpServer {
 public:
  // Answers at an address that listens already.
  HttpServer(Tree& tree, NamingService* names, HttpAddress& address)
      : tree_(tree), names_(names), address_(address) {}
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void start();
  void stop();

 private:
  HttpAnswer answer(const HttpRequest& request);
  Answer route(const HttpRequest& request);
  std::string refusal(const HttpRequest& request) const;
  std::shared_ptr<Target> first_process();
  Answer index(const Target* shown, const HttpRequest& request);
  Endpoints& endpoints_of(const std::shared_ptr<Target>& host);

  Tree& tree_;
  NamingService* names_;
  HttpAddress& address_;
  AnswerRoom room_;
  LastingRequests lasting_;
  std::mutex mutex_;
  struct Served {
    std::weak_ptr<Target> host;
    std::unique_ptr<Endpoints> endpoints;
  };
  std::map<const Target*, Served> served_;
  HttpDaemon daemon_;  // the last: its threads use the rest
};

}  // namespace program
