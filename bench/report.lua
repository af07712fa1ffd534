-- Says what wrk found as one line of JSON. Statuses are counted by the thread that read them.
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args) ok, redirects, others = 0, 0, 0 end
function response(status, headers, body) end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"rps": %.1f, "p50": %.3f, "p95": %.3f, "bytes": %d, "failed": %d}\n',
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(95) / 1000,
    summary.bytes, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
