// Copies what globs match, and keeps the manifest that makes it valid.
#include "daemon/io/artifacts.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>

#include "common/base/crash_point.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "daemon/io/file_walk.h"
#include "daemon/io/hash_memo.h"
#include "daemon/io/whole_file.h"

namespace pawl {
namespace {

constexpr std::string_view manifest_name = "/manifest.json";
constexpr std::size_t manifest_bytes_max = 64u << 20;
constexpr std::size_t runs_remembered_max = 4096;
constexpr std::size_t fsync_each_max = 16;  // beyond it one syncfs is cheaper

std::string folder_of(RunId run, AttemptId attempt) { return std::to_string(run.value) + "/artifacts-" + std::to_string(attempt.value); }

Error io_error(std::string const& what, int error) {
    return Error{.code = code::io, .message = "cannot keep '" + printable(what) + "': " + std::strerror(error), .where = {}, .hint = {}};
}

Error folder_error(std::string const& name, int error) {
    return Error{.code = code::io, .message = "cannot use '" + name + "' in the state folder: " + std::strerror(error), .where = {}, .hint = {}};
}

void each_entry(UniqueFd folder, std::function<void(std::string_view)> const& visit) {
    DIR* const dir = folder ? fdopendir(folder.get()) : nullptr;
    if (dir == nullptr) return;
    (void)folder.release();
    while (dirent const* entry = readdir(dir))
        if (entry->d_name[0] != '.') visit(entry->d_name);
    closedir(dir);
}

void remove_folder(int runs, std::string const& folder) {
    UniqueFd const opened = open_below(runs, folder.c_str(), O_RDONLY | O_DIRECTORY);
    if (!opened) return;
    unlinkat(opened.get(), manifest_name.substr(1).data(), 0);  // first: without it the rest is nothing
    std::vector<std::string> names;
    each_entry(open_below(runs, folder.c_str(), O_RDONLY | O_DIRECTORY), [&](std::string_view name) { names.emplace_back(name); });
    for (std::string const& name : names) unlinkat(opened.get(), name.c_str(), 0);
    unlinkat(runs, folder.c_str(), AT_REMOVEDIR);
}

std::string size_text(std::uint64_t bytes) {
    if (bytes >= 1u << 30) return std::to_string(bytes >> 30) + " GiB";
    if (bytes >= 1u << 20) return std::to_string(bytes >> 20) + " MiB";
    return std::to_string(bytes) + " bytes";
}

Json manifest_json(Manifest const& manifest) {
    JsonList files;
    for (Artifact const& file : manifest.files)
        files.emplace_back(JsonMap{{"path", file.path}, {"bytes", static_cast<std::int64_t>(file.bytes)}, {"sha256", file.sha256}, {"mode", file.mode}});
    JsonMap map{{"step", manifest.step}, {"attempt", manifest.number}, {"at", format_utc(manifest.at)}};
    if (manifest.until) map.append("until", format_utc(*manifest.until));
    map.append("files", std::move(files));
    return map;
}

std::optional<Manifest> parse_manifest(AttemptId attempt, std::string const& text) {
    Result<Json> const json = parse_json(text, {.bytes_max = manifest_bytes_max, .depth_max = 8});
    Json const* const files = json ? json->find("files") : nullptr;
    if (files == nullptr || !files->is_list()) return std::nullopt;
    Manifest manifest{.attempt = attempt, .step = json->text("step"), .number = static_cast<int>(json->number("attempt")),
                      .at = parse_utc(json->text("at")).value_or(UtcTime{}), .until = parse_utc(json->text("until")), .files = {}};
    for (Json const& file : files->as_list())
        manifest.files.push_back({file.text("path"), static_cast<std::uint64_t>(file.number("bytes")), file.text("sha256"), static_cast<std::uint32_t>(file.number("mode"))});
    return manifest;
}

std::string sentence_of(std::vector<std::string> const& globs, std::vector<std::string> const& left_out) {
    std::string text = "no file matches";
    for (std::size_t i = 0; i < globs.size() && i < 3; ++i) text += (i == 0 ? " '" : ", '") + printable(globs[i]) + "'";
    if (globs.size() > 3) text += " and " + std::to_string(globs.size() - 3) + " more";
    text += " of its artifacts";
    if (!left_out.empty()) text += "; '" + printable(left_out.front()) + "' is no regular file";
    return text;
}

}  // namespace

Json artifact_json(RunId run, Manifest const& manifest, Artifact const& artifact) {
    JsonMap map{{"run", run.value}, {"step", manifest.step}, {"attempt", manifest.number}, {"attempt_id", manifest.attempt.value}, {"path", artifact.path},
                {"bytes", static_cast<std::int64_t>(artifact.bytes)}, {"sha256", artifact.sha256}, {"mode", artifact.mode}, {"at", format_utc(manifest.at)}};
    if (manifest.until) map.append("until", format_utc(*manifest.until));
    return map;
}

Result<Artifacts> Artifacts::open(int state_folder, ArtifactLimits limits) {
    for (char const* name : {"runs", "expiring"})
        if (mkdirat(state_folder, name, 0700) != 0 && errno != EEXIST) return folder_error(name, errno);
    UniqueFd runs = open_below(state_folder, "runs", O_RDONLY | O_DIRECTORY);
    if (!runs) return folder_error("runs", errno);
    UniqueFd expiring = open_below(state_folder, "expiring", O_RDONLY | O_DIRECTORY);
    if (!expiring) return folder_error("expiring", errno);
    return Artifacts(std::move(runs), std::move(expiring), limits);
}

// ---- collecting

Artifacts::Collected Artifacts::collect(Origin const& origin, ArtifactsOrder const& order, UtcTime now) {
    if (of_attempt(origin.run, origin.attempt)) return {};  // kept before a crash
    Collected collected;
    auto const told = [&](std::string text) -> Collected {
        (origin.succeeded ? collected.problem : collected.note) = std::move(text);
        return collected;
    };
    UniqueFd const from = open_folder(origin.dir);
    if (!from) return told("cannot look for artifacts in '" + printable(origin.dir) + "': " + std::strerror(errno));
    Result<FilesFound> const found = find_files(from.get(), order.paths, limits_.files_max);
    if (!found) return told("its artifacts are not kept: " + found.error().message);
    std::vector<std::string> vanished;
    if (!found->paths.empty()) {
        Result<Manifest> const kept = keep(origin, order, found->paths, from.get(), now, vanished);
        if (!kept) return told("its artifacts are not kept: " + kept.error().message);
    }
    if (!vanished.empty()) collected.note = "'" + printable(vanished.front()) + "' vanished before it was kept";
    if (found->unmatched.empty() || !origin.succeeded || order.if_missing == ArtifactsOrder::Missing::ignore) return collected;
    std::string sentence = sentence_of(found->unmatched, found->left_out);
    (order.if_missing == ArtifactsOrder::Missing::fail ? collected.problem : collected.note) = std::move(sentence);
    return collected;
}

Result<Manifest> Artifacts::keep(Origin const& origin, ArtifactsOrder const& order, std::vector<std::string> const& paths, int from, UtcTime now,
                                 std::vector<std::string>& vanished) {
    std::string const folder = folder_of(origin.run, origin.attempt);
    std::uint64_t const used = bytes_of(origin.run);
    remove_folder(runs_.get(), folder);  // of a try that a crash ended
    std::string const run = std::to_string(origin.run.value);
    for (std::string const& name : {run, folder})
        if (mkdirat(runs_.get(), name.c_str(), 0700) != 0 && errno != EEXIST) return io_error(name, errno);
    UniqueFd const to = open_below(runs_.get(), folder.c_str(), O_RDONLY | O_DIRECTORY);
    if (!to) return io_error(folder, errno);
    PAWL_CRASH_POINT("artifacts.begun");
    Result<std::vector<Artifact>> files = copy_all(from, to.get(), paths, limits_.run_bytes_max - std::min(used, limits_.run_bytes_max), vanished);
    Manifest manifest{.attempt = origin.attempt, .step = origin.step, .number = origin.number, .at = now, .until = {}, .files = {}};
    if (order.keep) manifest.until = now + *order.keep;
    Status written = files ? Status(Done{}) : Status(files.error());
    if (written) {
        manifest.files = std::move(*files);
        PAWL_CRASH_POINT("artifacts.copied");
        written = write_manifest(origin.run, manifest);
    }
    if (!written) {
        remove_folder(runs_.get(), folder);
        return written.error();
    }
    for (Artifact const& file : manifest.files) bytes_[origin.run] += file.bytes;
    PAWL_CRASH_POINT("artifacts.kept");
    return manifest;
}

/// A file that changes while it is copied is copied once more; one that is gone by then is told.
Result<std::vector<Artifact>> Artifacts::copy_all(int from, int to, std::vector<std::string> const& paths, std::uint64_t bytes_left, std::vector<std::string>& vanished) const {
    std::vector<Artifact> files;
    for (std::string const& path : paths) {
        std::string const name = std::to_string(files.size());
        for (int tries = 1;; ++tries) {
            struct stat before{}, after{};
            UniqueFd const source = open_regular(from, path, before);
            if (!source) {
                vanished.push_back(path);
                break;
            }
            UniqueFd const target = open_below(to, name.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
            if (!target) return io_error(path, errno);
            Content content;
            int const error = copy_content(source.get(), target.get(), bytes_left, content);
            if (error == EFBIG)
                return Error{.code = code::limit_exceeded, .message = "'" + printable(path) + "' does not fit: those of a run have at most " + size_text(limits_.run_bytes_max), .where = {}, .hint = {}};
            if (error != 0) return io_error(path, error);
            if (fstat(source.get(), &after) != 0 || !is_unchanged(before, after) || content.bytes != static_cast<std::uint64_t>(after.st_size)) {
                if (tries < 3) continue;
                return Error{.code = code::conflict, .message = "'" + printable(path) + "' changes while it is copied", .where = {}, .hint = {}};
            }
            if (paths.size() <= fsync_each_max && fsync(target.get()) != 0) return io_error(path, errno);
            bytes_left -= content.bytes;
            files.push_back({path, content.bytes, std::move(content.sha256), before.st_mode & 07777});
            break;
        }
    }
    if (paths.size() > fsync_each_max && syncfs(to) != 0) return io_error("all of them", errno);
    return files;
}

Status Artifacts::write_manifest(RunId run, Manifest const& manifest) const {
    if (manifest.until) {  // before the manifest: a mark without files does no harm
        auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(manifest.until->time_since_epoch()).count();
        std::string const mark = std::to_string(seconds) + "-" + std::to_string(run.value) + "-" + std::to_string(manifest.attempt.value);
        if (Status marked = write_whole(expiring_.get(), mark, "", "the time when artifacts are removed"); !marked) return marked;
    }
    Status written = write_whole(runs_.get(), folder_of(run, manifest.attempt) + std::string(manifest_name), dump_json(manifest_json(manifest)), "the list of artifacts");
    if (!written) return written;
    UniqueFd const around = open_below(runs_.get(), std::to_string(run.value).c_str(), O_RDONLY | O_DIRECTORY);
    if (!around || fsync(around.get()) != 0) return io_error("the folder of artifacts", errno);
    return Done{};
}

void Artifacts::remove_expired(UtcTime now) const {
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    std::vector<std::string> due;
    each_entry(open_below(expiring_.get(), ".", O_RDONLY | O_DIRECTORY), [&](std::string_view mark) {
        std::int64_t const until = number_of(mark.substr(0, mark.find('-')));
        if (until > 0 && until <= seconds) due.emplace_back(mark);
    });
    for (std::string const& mark : due) {
        std::vector<std::string_view> const parts = split(mark, '-');
        bool const whole = parts.size() == 3 && number_of(parts[1]) > 0 && number_of(parts[2]) > 0;
        if (whole) remove_folder(runs_.get(), folder_of(RunId{number_of(parts[1])}, AttemptId{number_of(parts[2])}));
        PAWL_CRASH_POINT("retention.files");
        unlinkat(expiring_.get(), mark.c_str(), 0);
    }
}

// ---- reading

std::uint64_t Artifacts::bytes_of(RunId run) {
    if (auto const known = bytes_.find(run); known != bytes_.end()) return known->second;
    if (bytes_.size() >= runs_remembered_max) bytes_.clear();
    std::uint64_t bytes = 0;
    for (Manifest const& manifest : of_run(run))
        for (Artifact const& file : manifest.files) bytes += file.bytes;
    return bytes_[run] = bytes;
}

std::vector<Manifest> Artifacts::of_run(RunId run) const {
    std::vector<AttemptId> attempts;
    each_entry(open_below(runs_.get(), std::to_string(run.value).c_str(), O_RDONLY | O_DIRECTORY), [&](std::string_view name) {
        constexpr std::string_view prefix = "artifacts-";
        if (!name.starts_with(prefix)) return;
        if (std::int64_t const number = number_of(name.substr(prefix.size())); number > 0) attempts.push_back(AttemptId{number});
    });
    std::ranges::sort(attempts);
    std::vector<Manifest> manifests;
    for (AttemptId const attempt : attempts)
        if (auto manifest = of_attempt(run, attempt)) manifests.push_back(std::move(*manifest));
    return manifests;
}

std::optional<Manifest> Artifacts::of_attempt(RunId run, AttemptId attempt) const {
    UniqueFd const file = open_below(runs_.get(), (folder_of(run, attempt) + std::string(manifest_name)).c_str(), O_RDONLY | O_NONBLOCK);
    std::optional<std::string> const text = file ? read_whole(file.get(), manifest_bytes_max) : std::nullopt;
    return text ? parse_manifest(attempt, *text) : std::nullopt;
}

UniqueFd Artifacts::open_bytes(RunId run, AttemptId attempt, std::size_t n) const {
    struct stat status{};
    return open_regular(runs_.get(), folder_of(run, attempt) + "/" + std::to_string(n), status);
}

}  // namespace pawl
