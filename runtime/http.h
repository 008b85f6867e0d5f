// HttpServer: answers GET on one port, from a thread of its own; for probes and scrapes.
//
// One request a connection, then it is closed: whoever asks a few times a minute loses nothing, and
// nobody can hold a connection. Other methods get 405, what is no HTTP gets 400.
// Limits: kHttpConnectionsMax at once, further ones wait; kHttpHeaderBytesMax; a request that is
// not there after kHttpSeconds, or an answer that is not taken by then, ends the connection.
// Threads: owned by who made it; the handler runs on the server's thread, never twice at once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace parcours::runtime {

inline constexpr int kHttpConnectionsMax = 32;
inline constexpr int kHttpHeaderBytesMax = 8 << 10;
inline constexpr int kHttpSeconds = 5;

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

class HttpServer {
 public:
  // `path` is without what follows a '?'.
  using Handler = std::function<HttpResponse(std::string_view path)>;

  // Listens on `address`, an IP address, and `port`; 0: any that is free. `seconds_max` bounds each
  // of request and answer. InvalidArgument: no such address; FailedPrecondition: the port is taken
  // or may not be used.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& address, int port,
                                                           Handler handler,
                                                           double seconds_max = kHttpSeconds);
  // Ends what is open. The handler is not called afterwards.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;

 private:
  class Loop;
  explicit HttpServer(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace parcours::runtime
