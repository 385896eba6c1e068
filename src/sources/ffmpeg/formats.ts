/**
 * The formats that sluice reads, by the names of ffmpeg's demuxers, up to ffmpeg 8: those of which a file holds all that is
 * read. Not one of them opens another file or an address. An older ffmpeg does not mind names that it does not know.
 */
const SELF_CONTAINED = `
  3dostr 3g2 3gp 4xm aa aac aax ac3 ac4 ace acm act adf adp ads adx aea afc aiff aix alaw alias_pix alp amr amrnb amrwb
  anm apc ape apm apng aptx aptx_hd apv aqtitle argo_asf argo_brp argo_cvg asf asf_o ass ast au av1 avi avr avs avs2
  avs3 bethsoftvid bfi bfstm bin bink binka bit bitpacked bmp_pipe bmv boa bonk brender_pix brstm c93 caf cavsvideo cdg
  cdxl cine codec2 codec2raw cri_pipe data daud dcstr dds_pipe derf dfa dfpwm dhav dirac dnxhd dpx_pipe dsf dsicin dss
  dts dtshd dv dvbsub dvbtxt dxa ea ea_cdata eac3 epaf evc exr_pipe f32be f32le f64be f64le film_cpk filmstrip fits flac
  flic flv frm fsb fwse g722 g723_1 g726 g726le g729 gdv gem_pipe genh gif gif_pipe gsm gxf h261 h263 h264 hca hcom
  hdr_pipe hevc hnm hxvs iamf ico idcin idf iff ifv ilbc image2 image2pipe ingenient ipmovie ipu ircam iss iv8 ivf ivr
  j2k_pipe jacosub jpeg_pipe jpegls_pipe jpegxl_anim jpegxl_pipe jpegxs_pipe jv kux kvag laf lc3 libgme libmodplug
  libopenmpt live_flv lmlm4 loas lrc luodat lvf lxf m4a m4v matroska mca mcc mgsts microdvd mj2 mjpeg mjpeg_2000 mlp mm
  mmf mods moflex mov mp3 mp4 mpc mpc8 mpeg mpegts mpegtsraw mpegvideo mpjpeg mpl2 mpsub msf msp mtaf mtv mulaw musx mv
  mvi mxf mxg nc nistsphere nsp nsv nut nuv obu ogg oma osq paf pam_pipe pbm_pipe pcx_pipe pdv pfm_pipe pgm_pipe
  pgmyuv_pipe pgx_pipe phm_pipe photocd_pipe pictor_pipe pjs pmp png_pipe pp_bnk ppm_pipe psd_pipe psxstr pva pvf qcp
  qdraw_pipe qoa qoi_pipe r3d rawvideo rcwt realtext redspark rka rl2 rm roq rpl rsd rso s16be s16le s24be s24le s32be
  s32le s337m s8 sami sbc sbg scc scd sdns sdr2 sds sdx ser sga sgi_pipe shn siff simbiosis_imx sln smjpeg smk smush sol
  sox spdif srt stl subviewer subviewer1 sunrast_pipe sup svag svg_pipe svs swf tak tedcaptions thp tiertexseq tiff_pipe
  tmv truehd tta tty txd ty u16be u16le u24be u24le u32be u32le u8 usm v210 v210x vag vbn_pipe vc1 vc1test vidc vividas
  vivo vmd voc vpk vplayer vqf vvc w64 wady wav wc3movie webm webp webp_anim webp_pipe webvtt wsaud wsd wsvqa wtv wv wve
  xa xbin xbm_pipe xmd xmv xpm_pipe xvag xwd_pipe xwma yop yuv4mpegpipe
`;

/** What a file of another format is. */
const REFERRING: Readonly<Record<string, string>> = {
  hls: 'an HLS playlist',
  dash: 'a DASH manifest',
  concat: 'a list of files (ffconcat)',
  imf: 'an IMF composition',
  mlv: 'a Magic Lantern video',
  rtp: 'a description of a stream (RTP)',
  sdp: 'a description of a stream (SDP)',
  vobsub: 'an index of subtitles (VobSub)',
};

/** Formats that may be read from a server, where what they name is of the same server. */
const STREAMING = ['hls', 'applehttp', 'dash'];

/** The value of ffmpeg's option `format_whitelist`; ffmpeg looks at it before it opens what a file refers to. */
export const FORMATS: string = SELF_CONTAINED.trim().split(/\s+/).join(',');

/** The same for a playlist from a server. */
export const FORMATS_OF_PLAYLISTS: string = [FORMATS, ...STREAMING].join(',');

/** The format that ffmpeg did not read, from its log; undefined if it refused none. */
export function refusedFormat(log: string): string | undefined {
  return /^\[([\w,]+) @ \w+\] Format not on whitelist/m.exec(log)?.[1]?.split(',')[0];
}

/** Whether a format is one of playlists that may be read from a server. */
export function isStreaming(format: string | undefined): boolean {
  return format !== undefined && STREAMING.includes(format);
}

/** What a file of a refused format is, for messages. */
export function whatItIs(format: string): string {
  return REFERRING[format] ?? `of the format ${format}`;
}
