// Covers the screen with one triangle of three vertices without buffers. Texture coordinates go from
// 0 at the top left to 1 at the bottom right.
.signature ISGN
.element SV_VertexID 0 0 x
.signature OSGN
.element SV_Position 0 0 xyzw
.element TEXCOORD 0 1 xy

vs_4_0
dcl_input_sgv v0.x, vertex_id
dcl_output_siv o0.xyzw, position
dcl_output o1.xy
dcl_temps 1
ishl r0.x, v0.x, l(1)
and r0.x, r0.x, l(2)
and r0.y, v0.x, l(2)
utof r0.xy, r0.xyxx
mov o1.xy, r0.xyxx
mad o0.xy, r0.xyxx, l(2.0, -2.0, 0, 0), l(-1.0, 1.0, 0, 0)
mov o0.zw, l(0, 0, 0.5, 1.0)
ret
