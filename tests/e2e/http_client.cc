#include "tests/e2e/http_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>

namespace e2e {
namespace {

constexpr long kLongest_s = 60;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(tolower(c));
  return text;
}

size_t take_body(const char* bytes, size_t, size_t size, void* to) {
  static_cast<HttpResponse*>(to)->body.append(bytes, size);
  return size;
}

size_t take_header(const char* bytes, size_t, size_t size, void* to) {
  const std::string line(bytes, size);
  const size_t colon = line.find(": ");
  const size_t end = line.find_last_not_of("\r\n");
  if (colon != std::string::npos && end != std::string::npos && colon < end) {
    static_cast<HttpResponse*>(to)->headers[lower(line.substr(0, colon))] =
        line.substr(colon + 2, end - colon - 1);
  }
  return size;
}

}  // namespace

std::string HttpResponse::header(const std::string& name) const {
  const auto at = headers.find(lower(name));
  return at == headers.end() ? "" : at->second;
}

HttpClient::HttpClient(int port)
    : server_("http://127.0.0.1:" + std::to_string(port)), curl_(curl_easy_init()) {}

HttpClient::~HttpClient() {
  curl_easy_cleanup(curl_);
}

std::optional<HttpResponse> HttpClient::ask(const std::string& path, const std::string& method,
                                            const HttpHeaders& headers, const std::string& body) {
  HttpResponse response;
  curl_slist* lines = nullptr;
  for (const auto& [name, value] : headers) {
    lines = curl_slist_append(lines, (name + ": " + value).c_str());
  }
  curl_easy_reset(curl_);
  curl_easy_setopt(curl_, CURLOPT_URL, (server_ + path).c_str());
  curl_easy_setopt(curl_, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl_, CURLOPT_TIMEOUT, kLongest_s);
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, lines);
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &response);
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, &response);
  if (method == "HEAD") curl_easy_setopt(curl_, CURLOPT_NOBODY, 1L);
  if (method == "POST") {
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl_, CURLOPT_COPYPOSTFIELDS, body.c_str());
  }
  const CURLcode code = curl_easy_perform(curl_);
  curl_slist_free_all(lines);
  if (code != CURLE_OK) return {};
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  return response;
}

HttpResponse HttpClient::get(const std::string& path, const HttpHeaders& headers) {
  const std::optional<HttpResponse> response = ask(path, "GET", headers);
  INFO(path);
  REQUIRE(response);
  return *response;
}

int connected(int port) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<uint16_t>(port));
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(client, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0) return client;
  close(client);
  return -1;
}

std::string exchanged(int port, const std::string& bytes, int limit_ms) {
  const int client = connected(port);
  if (client < 0) return "";
  std::string answer;
  char block[4096];
  send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd ready{client, POLLIN, 0};
    if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) break;
    const ssize_t n = recv(client, block, sizeof block, 0);
    if (n <= 0) break;
    answer.append(block, static_cast<size_t>(n));
  }
  close(client);
  return answer;
}

}  // namespace e2e
