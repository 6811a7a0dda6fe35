-- Prints what was counted as one line of JSON, the last of the output.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"refused":%d,"broken":%d,"seconds":%.6f}\n', summary.requests, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, summary.duration / 1e6))
end
