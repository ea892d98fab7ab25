// Shows the words of the raw buffer in t0, 16 in a row. Each has a cell of 8x8 pixels: its left half
// has bits 31 to 24 in red, 23 to 16 in green, 15 to 8 in blue, its right half is bits 7 to 0 in grey.
.signature ISGN
.element SV_Position 0 0 xyzw used=xy
.signature OSGN
.element SV_Target 0 0 xyzw

ps_5_0
dcl_resource_raw t0
dcl_input_ps_siv linear noperspective v0.xy, position
dcl_output o0
dcl_temps 2
ftou r0.xy, v0.xyxx
ushr r0.zw, r0.xxxy, l(0, 0, 3, 3)
imad r0.w, r0.w, l(16), r0.z
ishl r0.w, r0.w, l(2)
ld_raw r1.x, r0.w, t0.xxxx
ushr r1.yzw, r1.xxxx, l(0, 24, 16, 8)
and r0.z, r0.x, l(4)
movc r1.xyz, r0.zzzz, r1.xxxx, r1.yzwy
and r1.xyz, r1.xyzx, l(255, 255, 255, 255)
utof r1.xyz, r1.xyzx
div o0.xyz, r1.xyzx, l(255.0, 255.0, 255.0, 255.0)
mov o0.w, l(1.0)
ret
