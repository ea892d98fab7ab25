// Positions in pixels of a target of 128x128, from the upper left corner, and a colour.
.signature ISGN
.element POSITION 0 0 xy
.element COLOR 0 1 xyzw
.signature OSGN
.element SV_Position 0 0 xyzw
.element COLOR 0 1 xyzw

vs_4_0
dcl_input v0.xy
dcl_input v1.xyzw
dcl_output_siv o0.xyzw, position
dcl_output o1.xyzw
mad o0.xy, v0.xyxx, l(0.015625, -0.015625, 0, 0), l(-1.0, 1.0, 0, 0)
mov o0.zw, l(0, 0, 0.5, 1.0)
mov o1.xyzw, v1.xyzw
ret
