// Five rounds of rotation, fraction and normalisation: arithmetic enough for a throughput yardstick.
// Compiled from ps_heavy.hlsl of our shader corpus (ps_3_0).
ps_3_0
def c1, 6, 0.600000024, 0.800000012, 0
def c2, -0.5, 0.0500000007, 0.25, 1
def c3, 0.200000003, 1.29999995, 0, 0
dcl_color v0
dcl_texcoord v1.xy
mov r0.x, c1.x
mad r0.xy, v1, r0.x, c0
mul r0.z, r0.y, c1.y
mad r1.x, r0.x, c1.z, -r0.z
dp2add r1.y, r0, c1.yzzw, c1.w
frc r0.xy, r1
add r0.xy, r0, c2.x
mul r2.xy, r0, r0
dp4 r0.z, r0.xxyy, r0.xxyy
mul r0.xy, r0, c0.z
mad r0.xy, r1, c3.y, r0
add r2.z, r0.z, c2.y
rsq r0.z, r2.z
mul r1.xyz, r0.z, r2
mad r0.z, r2.z, -c2.z, c2.w
mul r1.xyz, r1, c3.x
mad r1.xyz, v0, r0.z, r1
mul r0.z, r0.y, c1.y
mad r2.x, r0.x, c1.z, -r0.z
dp2add r2.y, r0, c1.yzzw, c1.w
frc r0.xy, r2
add r0.xy, r0, c2.x
mul r3.xy, r0, r0
dp4 r0.z, r0.xxyy, r0.xxyy
mul r0.xy, r0, c0.z
mad r0.xy, r2, c3.y, r0
add r3.z, r0.z, c2.y
rsq r0.z, r3.z
mul r2.xyz, r0.z, r3
mad r0.z, r3.z, -c2.z, c2.w
mul r2.xyz, r2, c3.x
mad r1.xyz, r1, r0.z, r2
mul r0.z, r0.y, c1.y
mad r2.x, r0.x, c1.z, -r0.z
dp2add r2.y, r0, c1.yzzw, c1.w
frc r0.xy, r2
add r0.xy, r0, c2.x
mul r3.xy, r0, r0
dp4 r0.z, r0.xxyy, r0.xxyy
mul r0.xy, r0, c0.z
mad r0.xy, r2, c3.y, r0
add r3.z, r0.z, c2.y
rsq r0.z, r3.z
mul r2.xyz, r0.z, r3
mad r0.z, r3.z, -c2.z, c2.w
mul r2.xyz, r2, c3.x
mad r1.xyz, r1, r0.z, r2
mul r0.z, r0.y, c1.y
mad r2.x, r0.x, c1.z, -r0.z
dp2add r2.y, r0, c1.yzzw, c1.w
frc r0.xy, r2
add r0.xy, r0, c2.x
mul r3.xy, r0, r0
dp4 r0.z, r0.xxyy, r0.xxyy
mul r0.xy, r0, c0.z
mad r0.xy, r2, c3.y, r0
add r3.z, r0.z, c2.y
rsq r0.z, r3.z
mul r2.xyz, r0.z, r3
mad r0.z, r3.z, -c2.z, c2.w
mul r2.xyz, r2, c3.x
mad r1.xyz, r1, r0.z, r2
mul r0.z, r0.y, c1.y
mad r0.z, r0.x, c1.z, -r0.z
dp2add r0.x, r0, c1.yzzw, c1.w
frc r0.y, r0.x
frc r0.x, r0.z
add r0.xy, r0, c2.x
mul r2.xy, r0, r0
dp4 r0.x, r0.xxyy, r0.xxyy
add r2.z, r0.x, c2.y
rsq r0.x, r2.z
mul r0.xyz, r0.x, r2
mad r0.w, r2.z, -c2.z, c2.w
mul r0.xyz, r0, c3.x
mad_sat oC0.xyz, r1, r0.w, r0
mov oC0.w, v0.w
