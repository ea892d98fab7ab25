// The interpolated colour of register 1.
.signature ISGN
.element SV_Position 0 0 xyzw used=-
.element COLOR 0 1 xyzw
.signature OSGN
.element SV_Target 0 0 xyzw

ps_4_0
dcl_input_ps linear v1.xyzw
dcl_output o0.xyzw
mov o0.xyzw, v1.xyzw
ret
