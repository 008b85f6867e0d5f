#include "runtime/http.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/worker.h"

namespace parcours::runtime {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAcceptAgain = std::chrono::milliseconds(100);

// One connection: its one request is read, answered, and that was it. Lives as long as something
// is under way.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const HttpServer::Handler* handler,
             std::chrono::milliseconds patience, std::function<void()> ended)
      : stream_(std::move(socket)),
        handler_(*handler),
        patience_(patience),
        ended_(std::move(ended)) {
    parser_.header_limit(kHttpHeaderBytesMax);
    parser_.body_limit(std::numeric_limits<std::uint64_t>::max());  // none is read
  }
  ~Connection() { ended_(); }

  void Run() {
    stream_.expires_after(patience_);
    http::async_read(
        stream_, buffer_, parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->Answer(error); });
  }

 private:
  void Answer(error_code error) {
    const auto& http_errors = http::make_error_code(http::error::end_of_stream).category();
    if (error == http::error::end_of_stream) return;
    if (parser_.is_header_done()) error = {};              // of a body that came along
    if (error && error.category() != http_errors) return;  // gone, or too slow
    HttpResponse response;
    if (error) {
      response.status = error == http::error::header_limit ? 431 : 400;
      response.body = "this is no request that is answered here\n";
    } else if (parser_.get().method() != http::verb::get) {
      response.status = 405;
      response.body = "only GET is answered here\n";
      response_.set(http::field::allow, "GET");
    } else {
      const auto target = parser_.get().target();
      const std::string_view path(target.data(), target.size());
      response = handler_(path.substr(0, path.find('?')));
    }
    response_.result(static_cast<unsigned>(response.status));
    response_.set(http::field::content_type, response.content_type);
    response_.set(http::field::cache_control, "no-store");
    response_.keep_alive(false);
    response_.body() = std::move(response.body);
    response_.prepare_payload();
    stream_.expires_after(patience_);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](error_code, std::size_t) { self->Close(); });
  }

  // Says that nothing more comes, and waits until the other side has seen it: what they sent and
  // nobody read would else reset the connection before they have the answer.
  void Close() {
    error_code ignored;  // the other side may have gone first
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    Drain();
  }
  void Drain() {
    stream_.async_read_some(asio::buffer(drained_),
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error) self->Drain();
                            });
  }

  beast::tcp_stream stream_;
  const HttpServer::Handler& handler_;
  const std::chrono::milliseconds patience_;
  const std::function<void()> ended_;
  beast::flat_buffer buffer_{kHttpHeaderBytesMax + 1024};
  http::request_parser<http::empty_body> parser_;
  http::response<http::string_body> response_;
  std::array<char, 4096> drained_;
};

absl::Status Refused(std::string_view doing, const error_code& error) {
  return absl::FailedPreconditionError(absl::StrCat(std::string(doing), ": ", error.message()));
}

}  // namespace

class HttpServer::Loop {
 public:
  Loop(Handler handler, double seconds_max)
      : handler_(std::move(handler)), patience_(static_cast<std::int64_t>(seconds_max * 1000)) {}
  ~Loop() {
    context_.stop();
    worker_.reset();
    stopping_ = true;  // the connections that end with the context make room for nobody
  }

  absl::Status Listen(const std::string& address, int port) {
    const std::string doing = absl::StrCat("listen on ", address, ":", port);
    error_code error;
    const auto ip = asio::ip::make_address(address, error);
    if (error || port < 0 || port > 65535) {
      return absl::InvalidArgumentError(
          absl::StrCat(doing, ": expected an IP address, and a port from 0 to 65535"));
    }
    const tcp::endpoint endpoint(ip, static_cast<std::uint16_t>(port));
    if (acceptor_.open(endpoint.protocol(), error)) return Refused(doing, error);
    // A restart need not wait until the connections of the run before are forgotten.
    if (acceptor_.set_option(asio::socket_base::reuse_address(true), error)) {
      return Refused(doing, error);
    }
    if (acceptor_.bind(endpoint, error)) return Refused(doing, error);
    if (acceptor_.listen(asio::socket_base::max_listen_connections, error)) {
      return Refused(doing, error);
    }
    const tcp::endpoint local = acceptor_.local_endpoint(error);
    if (error) return Refused(doing, error);
    port_ = local.port();
    Accept();
    worker_.emplace([this] { context_.run(); });
    return absl::OkStatus();
  }
  int port() const { return port_; }

 private:
  void Accept() {
    accepting_ = true;
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      accepting_ = false;
      if (error) return AcceptLater();
      ++open_;
      std::make_shared<Connection>(std::move(socket), &handler_, patience_, [this] {
        Ended();
      })->Run();
      if (open_ < kHttpConnectionsMax) Accept();
    });
  }
  // Out of file descriptors, most likely: at once it would be the same again.
  void AcceptLater() {
    accepting_ = true;
    timer_.expires_after(kAcceptAgain);
    timer_.async_wait([this](error_code error) {
      if (!error) Accept();
    });
  }
  void Ended() {
    --open_;
    if (!accepting_ && !stopping_) Accept();
  }

  const Handler handler_;
  const std::chrono::milliseconds patience_;
  int port_ = 0, open_ = 0;
  bool accepting_ = false, stopping_ = false;
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer timer_{context_};
  std::optional<Worker> worker_;
};

HttpServer::HttpServer(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
HttpServer::~HttpServer() = default;

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& address, int port,
                                                              Handler handler, double seconds_max) {
  auto loop = std::make_unique<Loop>(std::move(handler), seconds_max);
  if (absl::Status status = loop->Listen(address, port); !status.ok()) return status;
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(loop)));
}

int HttpServer::port() const { return loop_->port(); }

}  // namespace parcours::runtime
