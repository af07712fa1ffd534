-- Reads with a pause (ms) after each answer, so that the readers are many and not greedy.
dofile("report.lua")
function init(args) pause = tonumber(args[1]) end
function delay() return pause end
