#include "runtime/http.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

namespace parcours::runtime {
namespace {

// One connection to the server, by hand.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { Close(); }
  Client(Client&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}
  Client& operator=(Client&&) = delete;
  void Close() {
    if (socket_ >= 0) close(std::exchange(socket_, -1));
  }
  bool connected() const { return connected_; }
  Client& Say(const std::string& text) {
    EXPECT_EQ(send(socket_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    return *this;
  }
  // Whether anything, or the end, can be read within `ms`.
  bool HearsSomething(int ms) {
    pollfd wait{socket_, POLLIN, 0};
    return poll(&wait, 1, ms) == 1;
  }
  // All there is until the server closes; "(silence)" behind it if it does not for 10 s.
  std::string Hear() {
    std::string all;
    char bytes[4096];
    while (HearsSomething(10'000)) {
      const ssize_t read = recv(socket_, bytes, sizeof(bytes), 0);
      if (read < 0) return all + "(reset)";
      if (read == 0) return all;
      all.append(bytes, static_cast<std::size_t>(read));
    }
    return all + "(silence)";
  }

 private:
  int socket_;
  bool connected_ = false;
};

std::unique_ptr<HttpServer> Started(HttpServer::Handler handler, double seconds_max = 5) {
  auto server = HttpServer::Start("127.0.0.1", 0, std::move(handler), seconds_max);
  EXPECT_TRUE(server.ok()) << server.status();
  return std::move(*server);
}

HttpResponse Echo(std::string_view path) {
  return {.status = path == "/none" ? 404 : 200, .body = "path " + std::string(path) + "\n"};
}

TEST(HttpServer, AnswersWithWhatTheHandlerGives) {
  auto server = Started(Echo);
  const std::string answer =
      Client(server->port()).Say("GET /healthz?a=1 HTTP/1.1\r\nHost: x\r\n\r\n").Hear();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\npath /healthz\n")) << answer;
  EXPECT_NE(answer.find("Content-Type: text/plain; charset=utf-8\r\n"), std::string::npos);
  EXPECT_NE(answer.find("Content-Length: 14\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(Client(server->port())
                  .Say("GET /none HTTP/1.1\r\n\r\n")
                  .Hear()
                  .starts_with("HTTP/1.1 404 Not Found\r\n"));
}

TEST(HttpServer, GivesLargeAnswersWhole) {
  const std::string large(5 << 20, 'x');
  auto server = Started([&](std::string_view) { return HttpResponse{.body = large}; });
  const std::string answer = Client(server->port()).Say("GET / HTTP/1.0\r\n\r\n").Hear();
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, large.size());
}

TEST(HttpServer, RefusesWhatItDoesNotServe) {
  std::atomic<int> asked = 0;
  auto server = Started([&](std::string_view) {
    ++asked;
    return HttpResponse{};
  });
  const auto answer = [&](const std::string& words) {
    const std::string all = Client(server->port()).Say(words).Hear();
    return all.substr(0, all.find("\r\n"));
  };
  EXPECT_EQ(answer("POST /metrics HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" +
                   std::string(100'000, 'b')),
            "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(answer("HEAD / HTTP/1.1\r\n\r\n"), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(answer("this is no HTTP\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(answer("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n"),
            "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(answer("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 200 OK") << "and it goes on";
}

TEST(HttpServer, EndsConnectionsOfWhoSaysNothing) {
  auto server = Started(Echo, 0.2);
  EXPECT_EQ(Client(server->port()).Hear(), "");
  EXPECT_EQ(Client(server->port()).Say("GET / HTTP/1.1\r\nHost:").Hear(), "");
}

TEST(HttpServer, HasABoundOfConnectionsBeyondWhichOthersWait) {
  auto server = Started(Echo, 30);
  std::vector<Client> idle;
  for (int i = 0; i < kHttpConnectionsMax; ++i) idle.emplace_back(server->port());
  Client one_more(server->port());
  one_more.Say("GET /more HTTP/1.1\r\n\r\n");
  EXPECT_FALSE(one_more.HearsSomething(200));
  idle[7].Close();
  EXPECT_TRUE(one_more.Hear().ends_with("path /more\n"));
}

TEST(HttpServer, ServesOneAfterTheOther) {
  auto server = Started(Echo);
  for (int i = 0; i < 3 * kHttpConnectionsMax; ++i) {
    ASSERT_TRUE(
        Client(server->port()).Say("GET /x HTTP/1.1\r\n\r\n").Hear().ends_with("path /x\n"));
  }
}

TEST(HttpServer, SaysThatThePortIsTaken) {
  auto first = Started(Echo);
  const auto second = HttpServer::Start("127.0.0.1", first->port(), Echo);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(second.status().message(),
            "listen on 127.0.0.1:" + std::to_string(first->port()) + ": Address already in use");
}

TEST(HttpServer, RefusesAnAddressThatIsNone) {
  for (const auto& [address, port] :
       {std::pair("localhost", 80), std::pair("127.0.0.1", 65536), std::pair("127.0.0.1", -1)}) {
    const auto server = HttpServer::Start(address, port, Echo);
    ASSERT_FALSE(server.ok());
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument) << server.status();
  }
  const auto foreign = HttpServer::Start("192.0.2.1", 0, Echo);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.status().code(), absl::StatusCode::kFailedPrecondition) << foreign.status();
}

TEST(HttpServer, EndsWithConnectionsOpenAndFreesThePort) {
  auto server = Started(Echo, 30);
  const int port = server->port();
  std::vector<Client> idle;
  for (int i = 0; i < kHttpConnectionsMax + 3; ++i) idle.emplace_back(port);
  idle[0].Say("GET / HTTP/1.1\r\n");
  idle[1].Say("GET /x HTTP/1.1\r\n\r\n").Hear();
  server.reset();
  EXPECT_FALSE(Client(port).connected());
  const auto again = HttpServer::Start("127.0.0.1", port, Echo);
  EXPECT_TRUE(again.ok()) << again.status();
}

}  // namespace
}  // namespace parcours::runtime
