-- Takes a ticket, each time as a shopper never seen before. Argument: a name of the run.
dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "told.lua")

local before, after
local number = 0

function init(arguments)
  before = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nIdempotency-Key: " .. arguments[1] .. "-"
  after = "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
end

function request()
  number = number + 1
  return before .. number .. after
end
