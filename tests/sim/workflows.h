// The workflows the simulated daemon runs: each shows another part of the language's semantics. The commands are never executed; the fake
// world decides how they end.
#pragma once

#include <string_view>
#include <array>

namespace pawl::sim {

inline constexpr std::array<std::string_view, 13> workflows{
    R"y(kind: workflow
name: chain
steps:
  - {id: a, run: work}
  - {id: b, run: work}
  - {id: c, run: work}
)y",
    R"y(kind: workflow
name: diamond
steps:
  - {id: top, needs: [], run: work}
  - {id: left, needs: [top], run: work, continue_on_error: true}
  - {id: right, needs: [top], run: work}
  - {id: bottom, needs: [left, right], run: work}
finally: [{id: clean, run: work}]
)y",
    R"y(kind: workflow
name: retrying
steps:
  - {id: a, run: work, idempotent: true, retry: {max_attempts: 3, delay: 2s, backoff: 2}}
  - {id: b, run: work, on_crash: resume, idempotent: true, timeout: 30s}
on_failure: [{id: page, run: work}]
)y",
    R"y(kind: workflow
name: mixed
inputs: {n: {type: int, default: 3}}
vars: {twice: "${{ inputs.n * 2 }}"}
steps:
  - {id: one, uses: set, with: {x: "${{ vars.twice }}"}}
  - {id: pause, uses: wait, with: {for: 5s}}
  - {id: big, if: "steps.one.outputs.x > 4", run: work}
  - {id: small, if: "steps.one.outputs.x <= 4", run: work}
on_cancel: [{id: undo, run: work}]
outputs: {x: "${{ steps.one.outputs.x }}"}
)y",
    R"y(kind: workflow
name: queued
concurrency: {group: shared, limit: 1}
steps: [{id: a, run: work}, {id: b, run: work, idempotent: true}]
)y",
    R"y(kind: workflow
name: replaced
concurrency: {group: newest, limit: 1, on_conflict: replace}
steps: [{id: a, run: work}, {id: b, run: work}]
finally: [{id: clean, run: work}]
)y",
    R"y(kind: workflow
name: bounded
timeout: 8s
steps:
  - {id: a, run: work}
  - {id: b, run: work}
  - {id: tidy, if: "always()", run: work}
)y",
    R"y(kind: workflow
name: handled
steps:
  - {id: a, run: work}
  - {id: rescue, if: "failure()", run: work}
  - {id: after, if: "cancelled()", needs: [a], run: work}
on_success: [{id: good, run: work}]
on_failure: [{id: bad, run: work}]
on_cancel: [{id: stopped, run: work}]
finally: [{id: last, uses: set, with: {done: true}}]
)y",
    R"y(kind: workflow
name: undone
steps:
  - {id: a, run: work, undo: {run: work, idempotent: true}}
  - {id: b, needs: [], run: work, undo: {run: work}}
  - {id: c, needs: [a, b], run: work}
on_failure: [{id: page, run: work}]
)y",
    R"y(kind: workflow
name: gated
steps:
  - {id: ask, uses: approve, with: {prompt: "Go?", timeout: 1h}}
  - {id: way, switch: [{when: "steps.ask.outputs.by == 'ana'", steps: [first, both]}, {else: [second, both]}]}
  - {id: first, needs: [way], run: work}
  - {id: second, needs: [way], run: work}
  - {id: both, needs: [first, second, way], run: work}
on_failure: [{id: page, run: work}]
)y",
    R"y(kind: workflow
name: itemized
steps:
  - {id: up, foreach: "[1, 2, 3, 4]", max_parallel: 2, run: work, idempotent: true, retry: {max_attempts: 2, delay: 1s}, undo: {run: work}}
  - {id: all, run: work, env: {N: "${{ string(steps.up.items.size()) }}"}}
on_failure: [{id: page, foreach: "[1, 2]", run: work}]
)y",
    R"y(kind: workflow
name: product
steps:
  - {id: test, matrix: {os: [a, b], cc: [x, y, z]}, fail_fast: true, run: work}
  - {id: pause, foreach: "[1, 2]", if: "always()", uses: wait, with: {for: "${{ string(item) + 's' }}"}}
)y",
    R"y(kind: workflow
name: wide
priority: 5
steps:
  - {id: s1, needs: [], run: work}
  - {id: s2, needs: [], run: work}
  - {id: s3, needs: [], run: work}
  - {id: s4, needs: [], run: work}
  - {id: s5, needs: [], run: work}
  - {id: join, needs: [s1, s2, s3, s4, s5], run: work}
)y"};

}  // namespace pawl::sim
