-- What follows is the same for every ABI: it shows bytes by the tables above. Every length and count
-- comes from the capture and is compared with what is there before it is used.

local scalars = {
  u8 = { size = 1, type = ftypes.UINT8, base = base.DEC_HEX },
  u16 = { size = 2, type = ftypes.UINT16, base = base.DEC_HEX },
  u32 = { size = 4, type = ftypes.UINT32, base = base.DEC_HEX },
  u64 = { size = 8, type = ftypes.UINT64, base = base.DEC_HEX },
  i32 = { size = 4, type = ftypes.INT32, base = base.DEC },
  f32 = { size = 4, type = ftypes.FLOAT, base = base.NONE },
}

-- Items that one frame may have; a frame of nothing but tiny packets stops there.
local ITEMS_MAX = 50000

-- Names of packets in the info column.
local NAMES_MAX = 12

local proto = Proto(abi.filter, abi.title)
local fields = {}
local experts = {
  malformed = ProtoExpert.new(abi.filter .. ".malformed", "Malformed", expert.group.MALFORMED,
    expert.severity.ERROR),
  opcode = ProtoExpert.new(abi.filter .. ".unknown_opcode", "Unknown opcode",
    expert.group.UNDECODED, expert.severity.WARN),
  value = ProtoExpert.new(abi.filter .. ".unknown_value", "Value that the ABI does not name",
    expert.group.PROTOCOL, expert.severity.WARN),
  reserved = ProtoExpert.new(abi.filter .. ".reserved", "Reserved field that is not zero",
    expert.group.PROTOCOL, expert.severity.WARN),
  limit = ProtoExpert.new(abi.filter .. ".limit", "Too much to show",
    expert.group.UNDECODED, expert.severity.NOTE),
}

-- The field of the dissector for a field or trailing part of a struct.
local function new_field(layout, part)
  local abbreviation = abi.filter .. "." .. layout.filter .. "." .. part.name
  local scalar = scalars[part.type]
  if part.type == "u8" and (part.bytes or part.count > 1) then
    local kind = part.text and ftypes.STRING or ftypes.BYTES
    return ProtoField.new(part.name, abbreviation, kind, nil, base.NONE, nil, part.doc)
  end
  if part.type == "f32" then
    return ProtoField.float(abbreviation, part.name, part.doc)
  end
  local names = part.names and not part.names.flags and part.names.values or nil
  local display = scalar.base
  if names then
    display = base.DEC
  elseif part.names then
    display = base.HEX
  end
  return ProtoField.new(part.name, abbreviation, scalar.type, names, display, nil, part.doc)
end

for _, layout in pairs(abi.structs) do
  layout.by_name = {}
  for _, part in ipairs(layout.fields) do
    part.size = part.of and abi.structs[part.of].size or scalars[part.type].size
    if not part.of then
      part.field = new_field(layout, part)
      fields[#fields + 1] = part.field
    end
    layout.by_name[part.name] = part
    layout.stage = part.stage and part or layout.stage
    layout.extended = part.stage_ex and part or layout.extended
  end
  local trailing = layout.trailing
  if trailing then
    trailing.size = trailing.of and abi.structs[trailing.of].size or scalars[trailing.type].size
    if not trailing.of then
      trailing.bytes = trailing.type == "u8"
      trailing.field = new_field(layout, trailing)
      fields[#fields + 1] = trailing.field
    end
  end
end

local stage_field = ProtoField.string(abi.filter .. ".effective_stage", "effective_stage",
  "Stage that the packet means, from stage, stage_ex and the version of the stream")
local packet_field = ProtoField.string(abi.filter .. ".packet", "packet", "Name of the packet")
fields[#fields + 1] = stage_field
fields[#fields + 1] = packet_field
proto.fields = fields
proto.experts = { experts.malformed, experts.opcode, experts.value, experts.reserved, experts.limit }

local function complain(item, which, ...)
  item:add_proto_expert_info(experts[which], string.format(...))
end

-- Names of the flags in a value, and true if there are bits without one.
local function flag_names(names, value)
  local found = {}
  local rest = value
  for bit, name in pairs(names.values) do
    if bit ~= 0 and math.floor(value / bit) % 2 == 1 then
      found[#found + 1] = { bit, name }
      rest = rest - bit
    end
  end
  table.sort(found, function(a, b) return a[1] < b[1] end)
  for i, pair in ipairs(found) do
    found[i] = pair[2]
  end
  return table.concat(found, "|"), rest ~= 0
end

-- False once a frame has as many items as one may have.
local function may_add(walk)
  walk.items = walk.items + 1
  return walk.items <= ITEMS_MAX
end

-- A little-endian number. Of 64 bits the nearest that Lua has, which is good enough for lengths.
local function read(range)
  return range:len() > 4 and range:le_uint64():tonumber() or range:le_uint()
end

local function check_value(item, part, range)
  if part.type == "f32" or part.type == "i32" then
    return
  end
  local value = read(range)
  if part.reserved and value ~= 0 then
    complain(item, "reserved", "%s is not 0", part.name)
  end
  if not part.names or part.names.opcodes or part.size > 4 then
    return
  end
  if not part.names.flags then
    if not part.names.values[value] and not part.stage_ex then
      complain(item, "value", "%s has no value %d", part.names.name, value)
    end
    return
  end
  local text, unknown = flag_names(part.names, value)
  if text ~= "" then
    item:append_text(" (" .. text .. ")")
  end
  if unknown then
    complain(item, "value", "%s has bits without a name: 0x%x", part.names.name, value)
  end
end

local show_struct

-- One field, all elements of it.
local function show_field(walk, tree, part, at)
  if part.type == "u8" and part.count > 1 then
    tree:add_le(part.field, walk.tvb(at, part.count))
    return
  end
  for i = 0, part.count - 1 do
    local range = walk.tvb(at + i * part.size, part.size)
    if not may_add(walk) then
      return
    end
    if part.of then
      local below = tree:add(proto, range, part.name)
      show_struct(walk, below, abi.structs[part.of], at + i * part.size, part.size)
    else
      check_value(tree:add_le(part.field, range), part, range)
    end
  end
end

-- The fields that lie inside size bytes. Nesting is that of the tables.
show_struct = function(walk, tree, layout, at, size)
  for _, part in ipairs(layout.fields) do
    local present = size >= part.since_size
    if present and part.at + part.size * part.count <= size then
      show_field(walk, tree, part, at + part.at)
    end
  end
end

-- A number that a field of the packet holds; 0 if it is cut off.
local function number_of(walk, layout, name, at, size)
  local part = layout.by_name[name]
  if part.at + part.size > size then
    return 0
  end
  return read(walk.tvb(at + part.at, part.size))
end

-- Elements of the trailing part and the bytes from one to the next. Of two accepted forms the one
-- that the size of the packet means.
local function trailing_shape(walk, tree, layout, at, size)
  local trailing = layout.trailing
  local room = math.max(size - trailing.at, 0)
  local stride = trailing.stride and number_of(walk, layout, trailing.stride, at, size)
    or trailing.size
  if stride < trailing.size then
    complain(tree, "malformed", "%s are %d bytes apart and have %d", trailing.name, stride,
      trailing.size)
    return 0, trailing.size
  end
  if not trailing.counted_by then
    return math.floor(room / stride), stride
  end
  local units = number_of(walk, layout, trailing.counted_by, at, size)
  local count = units * trailing.scale
  if count * stride > room then
    count = units * trailing.min_scale
  end
  if count * stride > room then
    complain(tree, "malformed", "%s: %.0f elements of %d bytes announced, %d bytes left",
      trailing.name, count, stride, room)
    count = math.floor(room / stride)
  end
  return count, stride
end

local function show_trailing(walk, tree, layout, at, size)
  local trailing = layout.trailing
  local count, stride = trailing_shape(walk, tree, layout, at, size)
  local start = at + trailing.at
  if count == 0 then
    return
  end
  if trailing.bytes then
    tree:add_le(trailing.field, walk.tvb(start, count))
    return
  end
  for i = 0, count - 1 do
    if not may_add(walk) then
      return
    end
    local range = walk.tvb(start + i * stride, trailing.size)
    if trailing.of then
      local below = tree:add(proto, range, string.format("%s[%d]", trailing.name, i))
      show_struct(walk, below, abi.structs[trailing.of], start + i * stride, trailing.size)
    else
      tree:add_le(trailing.field, range)
    end
  end
end

-- The stage that a packet means; rules in order, the first match decides.
local function show_stage(walk, tree, layout, at, size)
  local stage = layout.stage
  local extended = layout.extended
  if not stage or not extended or extended.at + 4 > size then
    return
  end
  local a = walk.tvb(at + stage.at, 4):le_uint()
  local b = walk.tvb(at + extended.at, 4):le_uint()
  for _, rule in ipairs(abi.stage_rules) do
    if walk.minor >= rule.minor and (not rule.stage or rule.stage == a)
      and (not rule.extended or rule.extended == b) then
      tree:add(stage_field, walk.tvb(at + stage.at, 4), rule.result):set_generated()
      return
    end
  end
end

-- A packet of size bytes, all of which are there. Returns its name.
local function show_packet(walk, tree, opcode, at, size, header)
  local op = abi.opcodes[opcode]
  local name = op and op.name or string.format("opcode 0x%x", opcode)
  local below = tree:add(proto, walk.tvb(at, size), string.format("%s, %d bytes", name, size))
  local layout = abi.structs[op and op.layout or header]
  below:add(packet_field, walk.tvb(at, 4), name):set_generated()
  if not op then
    complain(below, "opcode", "no packet has opcode 0x%x", opcode)
  elseif size < op.min_size then
    complain(below, "malformed", "%s has %d bytes, needs %d", name, size, op.min_size)
  end
  show_struct(walk, below, layout, at, size)
  show_stage(walk, below, layout, at, size)
  if layout.trailing then
    show_trailing(walk, below, layout, at, size)
  end
  return name
end

local function add_name(names, name)
  names.total = names.total + 1
  if names.total <= NAMES_MAX then
    names[names.total] = name
  end
end

-- Packets one behind the other, each with its size in its header.
local function show_packets(walk, tree, at, stop, names)
  while at < stop do
    local left = stop - at
    local rest = walk.tvb(at, left)
    if left < 8 then
      complain(tree:add(proto, rest, "rest"), "malformed", "%d bytes are no packet", left)
      return
    end
    local opcode = walk.tvb(at, 4):le_uint()
    local size = walk.tvb(at + 4, 4):le_uint()
    if size < 8 or size % 4 ~= 0 or size > left then
      complain(tree:add(proto, rest, "rest"), "malformed",
        "packet with opcode 0x%x of %.0f bytes, %d bytes left", opcode, size, left)
      return
    end
    if not may_add(walk) then
      return
    end
    add_name(names, show_packet(walk, tree, opcode, at, size, abi.packet_header))
    at = at + size
  end
end

local function show_stream(walk, tree, names)
  local header = abi.structs[abi.stream.header]
  local length = walk.tvb:len()
  local below = tree:add(proto, walk.tvb(0, math.min(length, header.size)), "stream header")
  if length < header.size then
    complain(below, "malformed", "%d bytes, a stream header has %d", length, header.size)
    return
  end
  show_struct(walk, below, header, 0, header.size)
  local magic = number_of(walk, header, "magic", 0, length)
  local version = number_of(walk, header, "abi_version", 0, length)
  local size = number_of(walk, header, "size_bytes", 0, length)
  walk.minor = version % 65536
  if magic ~= abi.stream.magic or math.floor(version / 65536) ~= abi.major then
    complain(below, "malformed", "no stream of %s %d: magic 0x%x, version %d.%d", abi.title,
      abi.major, magic, math.floor(version / 65536), walk.minor)
    return
  end
  if size < header.size or size % 4 ~= 0 or size > length then
    complain(below, "malformed", "size %.0f: expected a multiple of 4 from %d to %d", size,
      header.size, length)
  end
  show_packets(walk, tree, header.size, math.min(size, length), names)
end

-- A message is one packet, as long as the frame is.
local function show_message(walk, tree, names)
  local header = abi.structs[abi.packet_header]
  local length = walk.tvb:len()
  if length < header.size then
    complain(tree, "malformed", "%d bytes, a header has %d", length, header.size)
    return
  end
  local opcode = walk.tvb(0, 4):le_uint()
  add_name(names, show_packet(walk, tree, opcode, 0, length, abi.packet_header))
end

function proto.dissector(tvb, pinfo, tree)
  local walk = { tvb = tvb, items = 0, minor = 0 }
  local names = { total = 0 }
  local top = tree:add(proto, tvb())
  pinfo.cols.protocol = abi.title
  if tvb:len() == 0 then
    return 0
  elseif abi.stream then
    show_stream(walk, top, names)
  else
    show_message(walk, top, names)
  end
  if walk.items > ITEMS_MAX then
    complain(top, "limit", "more than %d items", ITEMS_MAX)
  end
  local more = names.total > NAMES_MAX and string.format(", %d more", names.total - NAMES_MAX) or ""
  pinfo.cols.info = names.total > 0 and table.concat(names, ", ") .. more or "no packets"
  return tvb:len()
end

-- The link type that captures of this kind have, and "Decode As" for those that came over UDP.
DissectorTable.get("wtap_encap"):add(abi.link_type, proto)
DissectorTable.get("udp.port"):add_for_decode_as(proto)
