#include "program/agent/http_server.h"

#include <malloc.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include "program/agent/index_page.h"

namespace program {
namespace {

constexpr size_t kLongestPath = 512;
// Larger blocks are mapped by themselves, so that they go back when they are freed.
constexpr int kMappedBytes = 128 << 10;
constexpr std::string_view kBase = "/debug/pprof/";

Answer not_found() {
  return failure(404, "404 page not found");
}

// A profile's name comes from the host: in a header it must not end the quotes or the line.
std::string plain_name(std::string name) {
  for (char& c : name) {
    const bool plain = isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
    if (!plain) c = '_';
  }
  return name;
}

Question question_of(const HttpRequest& request, const std::string& name) {
  Question question;
  question.name = name;
  question.parameters = request.parameters;
  question.raw = request.method == "POST" ? request.body : request.query;
  question.is_over = request.is_over;
  return question;
}

}  // namespace

HttpServer::~HttpServer() {
  stop();
}

void HttpServer::start() {
  // A thread for each connection, of which two allocate much: arenas of their own would keep it.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, kMappedBytes);
  const bool is_unix = !address_.unix_path.empty();
  daemon_.start(std::exchange(address_.socket, -1), is_unix, room_,
                [this](const HttpRequest& request) { return answer(request); });
}

void HttpServer::stop() {
  daemon_.stop();
  address_.stop();
}

HttpAnswer HttpServer::answer(const HttpRequest& request) {
  Answer made = route(request);
  HttpAnswer answer;
  answer.status = made.status;
  const auto add = [&answer](const char* name, std::string value) {
    answer.headers.emplace_back(name, std::move(value));
  };
  add("Content-Type", made.type);
  add("X-Content-Type-Options", "nosniff");
  const bool of_pprof = made.status >= 400 && made.body != "404 page not found\n";
  const bool of_http = made.status == 400 && !fault_of_head(request).empty();
  if (of_pprof && !of_http && made.status != 405 && made.status != 403) add("X-Go-Pprof", "1");
  if (made.status == 405) add("Allow", "GET, HEAD");
  if (made.status == 301) add("Location", std::string(kBase));
  if (!made.file_name.empty()) {
    add("Content-Disposition", "attachment; filename=\"" + plain_name(made.file_name) + "\"");
  }
  if (made.type.starts_with("text/html")) {
    const std::string nonce = page_nonce();
    add("Content-Security-Policy",
        "default-src 'none'; script-src 'nonce-" + nonce +
            "'; style-src 'unsafe-inline'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    made.body = index_page(nonce);
  }
  answer.closes = of_http;
  answer.body = std::move(made.body);
  answer.text = std::move(made.text);
  return answer;
}

// Why the request is not answered, or nothing.
std::string HttpServer::refusal(const HttpRequest& request) const {
  if (!request.host.empty() && !address_.is_allowed_host(request.host, request.local_address)) {
    return "Host is not the address that is served";
  }
  if (is_foreign(request)) return "asked by a page of another site";
  return "";
}

Answer HttpServer::route(const HttpRequest& request) {
  if (const std::string why = fault_of_head(request); !why.empty()) return failure(400, why);
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
  const std::shared_ptr<Target> host = pid != 0 ? tree_.find(pid) : first_process();
  if (host == nullptr && pid != 0) return not_found();
  if (name.empty()) return index(host.get(), request);
  if (host == nullptr) return failure(503, "no process records at this moment");
  return endpoints_of(host).answer(question_of(request, name));
}

// Between two of its images (a shell's exec) it has no tables: for a moment.
std::shared_ptr<Target> HttpServer::first_process() {
  std::shared_ptr<Target> host = tree_.find(0);
  for (int tries = 0; tries < 1000 && host == nullptr && tree_.first_process_lives(); tries++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    host = tree_.find(0);
  }
  return host;
}

Answer HttpServer::index(const Target* shown, const HttpRequest& request) {
  Answer answer;
  if (request.parameter("format") != "json") {
    answer.type = "text/html; charset=utf-8";
    return answer;
  }
  std::vector<std::shared_ptr<Target>> hosts = tree_.hosts();
  answer.type = "application/json";
  answer.body = index_facts(shown, hosts);
  return answer;
}

Endpoints& HttpServer::endpoints_of(const std::shared_ptr<Target>& host) {
  const std::lock_guard lock(mutex_);
  std::erase_if(served_, [](const auto& entry) { return entry.second.host.expired(); });
  Served& served = served_[host.get()];
  if (served.endpoints == nullptr) {
    const bool named = host->tables().origin().wants_names();
    served = {host, std::make_unique<Endpoints>(host->tables(), named ? names_ : nullptr, room_,
                                                lasting_)};
  }
  return *served.endpoints;
}

}  // namespace program
