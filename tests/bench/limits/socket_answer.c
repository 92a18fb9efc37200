/* The limit for everything that answers on the Unix socket: a libuv loop that reads a request and writes a fixed answer of the size of
   pawl's status, and nothing else: no parsing, no JSON, no limits.
   usage: socket_answer SOCKET            ends with SIGTERM */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

static char answer[1024];
static char read_buffer[65536];

static void allocate(uv_handle_t* handle, size_t suggested, uv_buf_t* buffer) {
    (void)handle, (void)suggested;
    *buffer = uv_buf_init(read_buffer, sizeof read_buffer);
}

static void on_read(uv_stream_t* stream, ssize_t size, uv_buf_t const* buffer) {
    (void)buffer;
    if (size == 0) return;
    if (size < 0) {
        uv_close((uv_handle_t*)stream, (uv_close_cb)free);
        return;
    }
    uv_buf_t out = uv_buf_init(answer, (unsigned)strlen(answer));
    if (uv_try_write(stream, &out, 1) < 0) uv_close((uv_handle_t*)stream, (uv_close_cb)free);
}

static void on_connection(uv_stream_t* server, int status) {
    if (status < 0) return;
    uv_pipe_t* client = malloc(sizeof *client);
    if (client == NULL) exit(1);
    uv_pipe_init(server->loop, client, 0);
    if (uv_accept(server, (uv_stream_t*)client) == 0) uv_read_start((uv_stream_t*)client, allocate, on_read);
    else uv_close((uv_handle_t*)client, (uv_close_cb)free);
}

int main(int count, char** arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: socket_answer SOCKET\n");
        return 2;
    }
    char body[501];
    memset(body, ' ', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    uv_pipe_t server;
    uv_pipe_init(uv_default_loop(), &server, 0);
    unlink(arguments[1]);
    if (uv_pipe_bind(&server, arguments[1]) != 0 || uv_listen((uv_stream_t*)&server, 64, on_connection) != 0) {
        fprintf(stderr, "socket_answer: cannot listen on %s\n", arguments[1]);
        return 1;
    }
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
