-- Claims one unit, each time as a shopper never seen before. Arguments: a name of the run, the SKU.
dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "told.lua")

local before, after
local number = 0

function init(arguments)
  local body = string.format('{"sku":"%s","quantity":1}', arguments[2])
  before = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nIdempotency-Key: " .. arguments[1] .. "-"
  after = "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function request()
  number = number + 1
  return before .. number .. after
end
