/** Names of tags by their numbers. */
export type TagNames = ReadonlyMap<number, string>;

/**
 * The tags of an image, its thumbnail and its Exif directory (TIFF 6.0, Exif 2.32), in the names of exifread 3.5.1
 * (https://github.com/ianare/exif-py, exifread/tags/exif.py), which img2dataset writes.
 */
export const IMAGE_TAGS: TagNames = namesIn(`
  fe SubfileType, ff OldSubfileType, 100 ImageWidth, 101 ImageLength, 102 BitsPerSample, 103 Compression,
  106 PhotometricInterpretation, 107 Thresholding, 108 CellWidth, 109 CellLength, 10a FillOrder,
  10d DocumentName, 10e ImageDescription, 10f Make, 110 Model, 111 StripOffsets, 112 Orientation,
  115 SamplesPerPixel, 116 RowsPerStrip, 117 StripByteCounts, 118 MinSampleValue, 119 MaxSampleValue,
  11a XResolution, 11b YResolution, 11c PlanarConfiguration, 11d PageName, 11e XPosition, 11f YPosition,
  122 GrayResponseUnit, 123 GrayResponseCurve, 124 T4Options, 125 T6Options, 128 ResolutionUnit,
  129 PageNumber, 12c ColorResponseUnit, 12d TransferFunction, 131 Software, 132 DateTime, 13b Artist,
  13c HostComputer, 13d Predictor, 13e WhitePoint, 13f PrimaryChromaticities, 140 ColorMap,
  141 HalftoneHints, 142 TileWidth, 143 TileLength, 144 TileOffsets, 145 TileByteCounts, 146 BadFaxLines,
  147 CleanFaxData, 148 ConsecutiveBadFaxLines, 14a SubIFDs, 14c InkSet, 14d InkNames, 14e NumberofInks,
  150 DotRange, 151 TargetPrinter, 152 ExtraSamples, 153 SampleFormat, 154 SMinSampleValue,
  155 SMaxSampleValue, 156 TransferRange, 157 ClipPath, 15b JPEGTables, 200 JPEGProc,
  201 JPEGInterchangeFormat, 202 JPEGInterchangeFormatLength, 211 YCbCrCoefficients, 212 YCbCrSubSampling,
  213 YCbCrPositioning, 214 ReferenceBlackWhite, 2bc ApplicationNotes, 4746 Rating,
  828d CFARepeatPatternDim, 828e CFAPattern, 828f BatteryLevel, 8298 Copyright, 829a ExposureTime,
  829d FNumber, 83bb IPTC/NAA, 8769 ExifOffset, 8773 InterColorProfile, 8822 ExposureProgram,
  8824 SpectralSensitivity, 8825 GPSInfo, 8827 ISOSpeedRatings, 8828 OECF, 8829 Interlace,
  882a TimeZoneOffset, 882b SelfTimerMode, 8830 SensitivityType, 8832 RecommendedExposureIndex,
  8833 ISOSpeed, 9000 ExifVersion, 9003 DateTimeOriginal, 9004 DateTimeDigitized, 9010 OffsetTime,
  9011 OffsetTimeOriginal, 9012 OffsetTimeDigitized, 9101 ComponentsConfiguration,
  9102 CompressedBitsPerPixel, 9201 ShutterSpeedValue, 9202 ApertureValue, 9203 BrightnessValue,
  9204 ExposureBiasValue, 9205 MaxApertureValue, 9206 SubjectDistance, 9207 MeteringMode, 9208 LightSource,
  9209 Flash, 920a FocalLength, 920b FlashEnergy, 920c SpatialFrequencyResponse, 920d Noise,
  9211 ImageNumber, 9212 SecurityClassification, 9213 ImageHistory, 9214 SubjectArea, 9215 ExposureIndex,
  9216 TIFF/EPStandardID, 927c MakerNote, 9286 UserComment, 9290 SubSecTime, 9291 SubSecTimeOriginal,
  9292 SubSecTimeDigitized, 9c9b XPTitle, 9c9c XPComment, 9c9d XPAuthor, 9c9e XPKeywords, 9c9f XPSubject,
  a000 FlashPixVersion, a001 ColorSpace, a002 ExifImageWidth, a003 ExifImageLength, a004 RelatedSoundFile,
  a005 InteroperabilityOffset, a20b FlashEnergy, a20c SpatialFrequencyResponse, a20e FocalPlaneXResolution,
  a20f FocalPlaneYResolution, a210 FocalPlaneResolutionUnit, a214 SubjectLocation, a215 ExposureIndex,
  a217 SensingMethod, a300 FileSource, a301 SceneType, a302 CVAPattern, a401 CustomRendered,
  a402 ExposureMode, a403 WhiteBalance, a404 DigitalZoomRatio, a405 FocalLengthIn35mmFilm,
  a406 SceneCaptureType, a407 GainControl, a408 Contrast, a409 Saturation, a40a Sharpness,
  a40b DeviceSettingDescription, a40c SubjectDistanceRange, a420 ImageUniqueID, a430 CameraOwnerName,
  a431 BodySerialNumber, a432 LensSpecification, a433 LensMake, a434 LensModel, a435 LensSerialNumber,
  a500 Gamma, c4a5 PrintIM, c61a BlackLevel, ea1c Padding, ea1d OffsetSchema, fde8 OwnerName,
  fde9 SerialNumber`);

/** The tags of where a picture was taken (Exif 2.32, 4.6.6). */
export const GPS_TAGS: TagNames = namesIn(`
  0 GPSVersionID, 1 GPSLatitudeRef, 2 GPSLatitude, 3 GPSLongitudeRef, 4 GPSLongitude, 5 GPSAltitudeRef,
  6 GPSAltitude, 7 GPSTimeStamp, 8 GPSSatellites, 9 GPSStatus, a GPSMeasureMode, b GPSDOP, c GPSSpeedRef,
  d GPSSpeed, e GPSTrackRef, f GPSTrack, 10 GPSImgDirectionRef, 11 GPSImgDirection, 12 GPSMapDatum,
  13 GPSDestLatitudeRef, 14 GPSDestLatitude, 15 GPSDestLongitudeRef, 16 GPSDestLongitude,
  17 GPSDestBearingRef, 18 GPSDestBearing, 19 GPSDestDistanceRef, 1a GPSDestDistance,
  1b GPSProcessingMethod, 1c GPSAreaInformation, 1d GPSDate, 1e GPSDifferential`);

/** The tags of the Interoperability directory (Exif 2.32, 4.6.7). */
export const INTEROPERABILITY_TAGS: TagNames = namesIn(`
  1 InteroperabilityIndex, 2 InteroperabilityVersion, 1000 RelatedImageFileFormat, 1001 RelatedImageWidth,
  1002 RelatedImageLength`);

/** @param list `number name, number name, ...`, numbers in hexadecimal */
function namesIn(list: string): TagNames {
  return new Map(
    list.split(',').map((entry) => {
      const [number, name] = entry.trim().split(' ');
      return [Number.parseInt(number!, 16), name!];
    }),
  );
}
