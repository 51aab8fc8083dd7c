#include "program/agent/http/http_request.h"

#include <strings.h>

#include <algorithm>
#include <cctype>

namespace program {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// False at a '%' without two digits behind it.
bool decode(std::string_view text, bool plus_is_space, std::string* out) {
  out->clear();
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '+' && plus_is_space) {
      *out += ' ';
    } else if (text[i] != '%') {
      *out += text[i];
    } else {
      if (i + 2 >= text.size() || digit_of(text[i + 1]) < 0 || digit_of(text[i + 2]) < 0) {
        return false;
      }
      *out += static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2]));
      i += 2;
    }
  }
  return true;
}

bool starts_with_scheme(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  return target.size() > kScheme.size() &&
         strncasecmp(target.data(), kScheme.data(), kScheme.size()) == 0;
}

bool is_origin(std::string_view url, const std::string& host) {
  const std::string own = "http://" + host;
  if (url.size() < own.size() || strncasecmp(url.data(), own.data(), own.size()) != 0) return false;
  return url.size() == own.size() || url[own.size()] == '/';
}

// The bytes that Go accepts in a Host header, among them none.
bool is_host(std::string_view text) {
  static constexpr std::string_view kMarks = "!$%&'()*+,-.:;=[]_~";
  return std::all_of(text.begin(), text.end(), [](char c) {
    return isalnum(static_cast<unsigned char>(c)) != 0 || kMarks.find(c) != kMarks.npos;
  });
}

}  // namespace

bool HttpRequest::read_target(std::string_view target) {
  if (starts_with_scheme(target)) {
    target.remove_prefix(7);
    const size_t end = std::min(target.find_first_of("/?"), target.size());
    host = target.substr(0, end);
    target.remove_prefix(end);
    if (host.empty()) return false;
  } else if (!target.starts_with('/')) {
    return false;
  }
  const size_t mark = std::min(target.find('?'), target.size());
  if (!decode(target.substr(0, mark), false, &path)) return false;
  if (mark < target.size()) query = target.substr(mark + 1);
  std::string_view rest = query;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view item = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    // Go drops a pair that is badly encoded, or holds a ';'.
    const size_t equals = std::min(item.find('='), item.size());
    std::string key, value;
    if (item.empty() || item.find(';') != item.npos || !decode(item.substr(0, equals), true, &key))
      continue;
    if (equals < item.size() && !decode(item.substr(equals + 1), true, &value)) continue;
    parameters.try_emplace(key, value);
  }
  return true;
}

std::string HttpRequest::parameter(const std::string& key) const {
  const auto at = parameters.find(key);
  return at == parameters.end() ? "" : at->second;
}

std::string fault_of_head(const HttpRequest& request) {
  if (request.hosts.size() > 1) return "too many Host headers";
  if (request.hosts.empty() && !request.is_http_1_0) return "missing required Host header";
  if (!request.hosts.empty() && !is_host(request.hosts.front())) return "malformed Host header";
  if (request.origins.size() > 1) return "too many Origin headers";
  return "";
}

bool is_foreign(const HttpRequest& request) {
  for (const std::string& origin : request.origins) {
    if (!is_origin(origin, request.host)) return true;
  }
  if (!request.referer.empty() && !is_origin(request.referer, request.host)) return true;
  const std::string& site = request.fetch_site;
  return !site.empty() && site != "same-origin" && site != "none";
}

}  // namespace program
