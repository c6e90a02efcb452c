/** A self-signed certificate for localhost, and its key: worth nothing, valid for a hundred years. */
export const SELF_SIGNED: { readonly key: string; readonly cert: string } = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzzHm8ImokfljWqUZ
thCYjwb2KLohQ/ZfWzSwXf1omluhRANCAASdskF3Xa8X/4sMyoCqjMiB/Suodx3z
UAA01V1//cGT314prMMOHkp7bGiuzRyxFwjnlDkjwkzjr97ysGRrBDpC
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUMcsy2Uc9kyFvm64GhB6XXQs0p4swCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA4NDQzM1oYDzIxMjYxMDI4
MDg0NDMzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASdskF3Xa8X/4sMyoCqjMiB/Suodx3zUAA01V1//cGT314prMMOHkp7
bGiuzRyxFwjnlDkjwkzjr97ysGRrBDpCo28wbTAdBgNVHQ4EFgQULmywmcH5ywgv
8OBwF1p35zPYPFQwHwYDVR0jBBgwFoAULmywmcH5ywgv8OBwF1p35zPYPFQwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAIEeipXiLfSIeTmjYesqB+sYAb/lFnNBQuXn7OKhi3bsAiEA
gN02W4K8rCEd+WkGSGqmAhJxP+e3JOsIBz9AZZ2wRwE=
-----END CERTIFICATE-----`,
};
