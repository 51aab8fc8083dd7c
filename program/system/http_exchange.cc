#include "program/system/http_exchange.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace program {
namespace {

struct Receiving {
  const HttpExchange& wanted;
  HttpResult result;
  size_t head_bytes = 0;
  bool is_cut = false;
};

// Of all heads together: a server may send any number of interim ones.
size_t take_head(const char*, size_t, size_t size, void* self) {
  auto& receiving = *static_cast<Receiving*>(self);
  receiving.head_bytes += size;
  return receiving.head_bytes > receiving.wanted.most_head_bytes ? 0 : size;
}

size_t take_body(const char* bytes, size_t, size_t size, void* self) {
  auto& receiving = *static_cast<Receiving*>(self);
  if (receiving.wanted.take) return receiving.wanted.take(bytes, size) ? size : 0;
  std::string& body = receiving.result.body;
  const size_t room = receiving.wanted.most_body_bytes - body.size();
  body.append(bytes, std::min(size, room));
  receiving.is_cut = size > room;
  return receiving.is_cut ? 0 : size;
}

int is_over(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& receiving = *static_cast<Receiving*>(self);
  return receiving.wanted.is_over && receiving.wanted.is_over() ? 1 : 0;
}

void set_up_once() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)done;
}

// As curl's own tool and Go do: the variables that OpenSSL knows, which the library does not read.
void trust(CURL* curl) {
  if (const char* file = getenv("SSL_CERT_FILE")) curl_easy_setopt(curl, CURLOPT_CAINFO, file);
  if (const char* directory = getenv("SSL_CERT_DIR"))
    curl_easy_setopt(curl, CURLOPT_CAPATH, directory);
}

// Proxies are for other machines, as in Go.
void choose_proxy(CURL* curl) {
  const char* given = getenv("no_proxy");
  if (given == nullptr) given = getenv("NO_PROXY");
  const std::string none = std::string(given == nullptr ? "" : given) + ",localhost,127.0.0.1,::1";
  curl_easy_setopt(curl, CURLOPT_NOPROXY,
                   given != nullptr && std::string(given) == "*" ? "*" : none.c_str());
}

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Form = std::unique_ptr<curl_mime, decltype(&curl_mime_free)>;
using Lines = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

Form form_of(CURL* curl, const HttpExchange& wanted) {
  if (wanted.parts.empty()) return {nullptr, curl_mime_free};
  Form form(curl_mime_init(curl), curl_mime_free);
  for (const HttpExchange::Part& each : wanted.parts) {
    curl_mimepart* part = curl_mime_addpart(form.get());
    curl_mime_name(part, each.name.c_str());
    curl_mime_filename(part, each.file_name.c_str());
    curl_mime_type(part, each.type.c_str());
    curl_mime_data(part, each.bytes->data(), each.bytes->size());
  }
  return form;
}

void set_limits(CURL* curl, Receiving* receiving) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, receiving->wanted.most_redirects > 0 ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, receiving->wanted.most_redirects);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, receiving->wanted.connect_ms);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, receiving->wanted.whole_ms);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // a name that is still looked up delays no end
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 16384L);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, receiving);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, receiving);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_over);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, receiving);
}

std::string part_of(const Url& url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return "";
  std::string copy = text;
  curl_free(text);
  return copy;
}

}  // namespace

HttpResult exchange(const HttpExchange& wanted) {
  set_up_once();
  Receiving receiving{wanted, {}};
  const Handle curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) return {0, "", "out of memory"};
  curl_easy_setopt(curl.get(), CURLOPT_URL, wanted.url.c_str());
  set_limits(curl.get(), &receiving);
  trust(curl.get());
  choose_proxy(curl.get());
  if (!wanted.user.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl.get(), CURLOPT_USERNAME, wanted.user.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, wanted.password.c_str());
  }
  const Form form = form_of(curl.get(), wanted);
  if (form != nullptr) curl_easy_setopt(curl.get(), CURLOPT_MIMEPOST, form.get());
  // A server that knows no "100 Continue" would cost a second.
  const Lines lines(curl_slist_append(nullptr, "Expect:"), curl_slist_free_all);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, lines.get());
  const CURLcode code = curl_easy_perform(curl.get());
  long status = 0;
  if (code == CURLE_OK || receiving.is_cut) {
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  }
  receiving.result.status = static_cast<int>(status);
  if (status == 0) receiving.result.problem = curl_easy_strerror(code);
  return std::move(receiving.result);
}

bool HttpUrl::read(const std::string& url) {
  const Url parsed(curl_url(), curl_url_cleanup);
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return false;
  const std::string scheme = part_of(parsed, CURLUPART_SCHEME, 0);
  const std::string port = part_of(parsed, CURLUPART_PORT, 0);
  if (scheme != "http" && scheme != "https") return false;
  server = scheme + "://" + part_of(parsed, CURLUPART_HOST, 0) + (port.empty() ? "" : ":" + port);
  path = part_of(parsed, CURLUPART_PATH, 0);
  while (path.ends_with('/')) path.pop_back();
  user = part_of(parsed, CURLUPART_USER, CURLU_URLDECODE);
  password = part_of(parsed, CURLUPART_PASSWORD, CURLU_URLDECODE);
  return true;
}

std::string HttpUrl::below(const std::string& more,
                           const std::vector<std::pair<std::string, std::string>>& query) const {
  const Url url(curl_url(), curl_url_cleanup);
  curl_url_set(url.get(), CURLUPART_URL, (server + path + more).c_str(), 0);
  for (const auto& [key, value] : query) {
    curl_url_set(url.get(), CURLUPART_QUERY, (key + "=" + value).c_str(),
                 CURLU_APPENDQUERY | CURLU_URLENCODE);
  }
  return part_of(url, CURLUPART_URL, 0);
}

}  // namespace program
