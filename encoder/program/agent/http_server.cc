#include "encoder/program/agent/http_server.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

#include "encoder/program/agent/index_page.h"

namespace program {
namespace {

constexpr size_t kLongestPath = 512;
constexpr std::string_view kBase = "/debug/pprof/";

Answer not_found() {
  return failure(404, "404 page not found");
}

// Of another site than the one that is served: a page that somebody's browser shows.
bool is_foreign(const httplib::Request& request) {
  const std::string origin = request.get_header_value("Origin");
  const std::string host = request.get_header_value("Host");
  if (!origin.empty() && origin != "http://" + host) return true;
  const std::string site = request.get_header_value("Sec-Fetch-Site");
  return !site.empty() && site != "same-origin" && site != "none";
}

// A profile's name comes from the host: in a header it must not end the quotes or the line.
std::string plain_name(std::string name) {
  for (char& c : name) {
    const bool plain = isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
    if (!plain) c = '_';
  }
  return name;
}

Question question_of(const httplib::Request& request, const std::string& name) {
  Question question;
  question.name = name;
  for (const auto& [key, value] : request.params) {
    question.parameters.try_emplace(key, value);  // of several the first, as in Go
  }
  const size_t query = request.target.find('?');
  if (query != std::string::npos) question.raw = request.target.substr(query + 1);
  if (request.method == "POST") question.raw = request.body;
  question.is_over = [&stream = BoundedStream::current()] { return stream.has_left(); };
  return question;
}

}  // namespace

HttpServer::~HttpServer() {
  stop();
}

bool HttpServer::listen_at(const std::string& address, const std::string& start_folder,
                           std::string* problem) {
  return address_.listen_at(address, start_folder, problem);
}

void HttpServer::start() {
  using Handled = httplib::Server::HandlerResponse;
  gate_.set_pre_routing_handler([this](const auto& request, auto& response) {
    HttpGate::head_is_read();
    if (request.method == "POST" && request.path.ends_with("/debug/pprof/symbol") &&
        request.path.size() < kLongestPath) {
      return Handled::Unhandled;  // once its body is read
    }
    answer(request, response);
    return Handled::Handled;
  });
  gate_.Post(".*", [this](const auto& request, auto& response) { answer(request, response); });
  gate_.set_payload_max_length(64 << 10);
  gate_.start(address_.socket, !address_.unix_path.empty());
}

void HttpServer::stop() {
  gate_.stop_serving();
  if (!address_.unix_path.empty()) unlink(address_.unix_path.c_str());
  address_.unix_path.clear();
}

void HttpServer::answer(const httplib::Request& request, httplib::Response& response) {
  const Answer answer = route(request);
  response.status = answer.status;
  response.set_header("X-Content-Type-Options", "nosniff");
  const bool of_pprof = answer.status >= 400 && answer.body != "404 page not found\n";
  if (of_pprof && answer.status != 405 && answer.status != 403) {
    response.set_header("X-Go-Pprof", "1");
  }
  if (answer.status == 405) response.set_header("Allow", "GET, HEAD");
  if (answer.status == 301) response.set_header("Location", std::string(kBase));
  if (!answer.file_name.empty()) {
    response.set_header("Content-Disposition",
                        "attachment; filename=\"" + plain_name(answer.file_name) + "\"");
  }
  if (answer.type.starts_with("text/html")) {
    response.set_header("Content-Security-Policy",
                        "default-src 'none'; script-src 'unsafe-inline'; style-src "
                        "'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'");
  }
  // What has a body that nobody read would be taken for the next request.
  if (request.method != "GET" && request.method != "HEAD") BoundedStream::close_after_this();
  response.set_content(answer.body, answer.type.c_str());
}

// Why the request is not answered, or nothing.
std::string HttpServer::refusal(const httplib::Request& request) const {
  const std::string host = request.get_header_value("Host");
  if (!host.empty() && !address_.is_allowed_host(host, BoundedStream::current().local_address())) {
    return "Host is not the address that is served";
  }
  if (is_foreign(request)) return "asked by a page of another site";
  return "";
}

Answer HttpServer::route(const httplib::Request& request) {
  if (const std::string why = refusal(request); !why.empty()) return failure(403, why);
  std::string path = request.path;
  if (path.size() > kLongestPath) return not_found();
  int pid = 0;
  const char* digits = path.data() + std::min<size_t>(1, path.size());
  const auto [end, error] = std::from_chars(digits, path.data() + path.size(), pid);
  if (error == std::errc()) path.erase(0, static_cast<size_t>(end - path.data()));
  if (path == "/debug/pprof" || (path == "/" && pid == 0)) {
    Answer moved = failure(301, "Moved Permanently");
    return moved;
  }
  if (!path.starts_with(kBase)) return not_found();
  const std::string name = path.substr(kBase.size());
  const bool may_post = name == "symbol";
  if (request.method != "GET" && request.method != "HEAD" &&
      !(may_post && request.method == "POST")) {
    return failure(405, "Method Not Allowed");
  }
  const std::shared_ptr<Host> host = pid != 0 ? tree_.find(pid) : first_process();
  if (host == nullptr && pid != 0) return not_found();
  if (name.empty()) return index(host.get(), request);
  if (host == nullptr) return failure(503, "no process records at this moment");
  return endpoints_of(host).answer(question_of(request, name));
}

// Between two of its images (a shell's exec) it has no tables: for a moment.
std::shared_ptr<Host> HttpServer::first_process() {
  std::shared_ptr<Host> host = tree_.find(0);
  for (int tries = 0; tries < 1000 && host == nullptr && tree_.first_process_lives(); tries++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    host = tree_.find(0);
  }
  return host;
}

Answer HttpServer::index(const Host* shown, const httplib::Request& request) {
  Answer answer;
  if (request.get_param_value("format") != "json") {
    answer.type = "text/html; charset=utf-8";
    answer.body = index_page();
    return answer;
  }
  std::vector<std::shared_ptr<Host>> hosts = tree_.hosts();
  answer.type = "application/json";
  answer.body = index_facts(shown, hosts);
  return answer;
}

Endpoints& HttpServer::endpoints_of(const std::shared_ptr<Host>& host) {
  const std::lock_guard lock(mutex_);
  std::erase_if(served_, [](const auto& entry) { return entry.second.host.expired(); });
  Served& served = served_[host.get()];
  if (served.endpoints == nullptr) {
    const bool named = (host->tables().header().flags & layout::kNoNames) == 0;
    served = {host, std::make_unique<Endpoints>(host->tables(), named ? names_ : nullptr)};
  }
  return *served.endpoints;
}

}  // namespace program
