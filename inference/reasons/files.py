"""A file is not what we take in."""

from __future__ import annotations

from inference.reasons.row import Row

FILES: dict[str, Row] = {
    "empty_file": Row(
        "The file is empty.",
        "파일이 비어 있습니다.",
        "Export the picture again and upload that file.",
        "영상을 다시 내보낸 뒤 그 파일을 올려 주세요.",
    ),
    "file_not_readable": Row(
        "The file cannot be opened.",
        "파일을 열 수 없습니다.",
        "Check that it is still there and that you may read it.",
        "파일이 그대로 있는지, 읽기 권한이 있는지 확인해 주세요.",
        can_retry=True,
    ),
    "too_large_file": Row(
        "The file is larger than {limit_mb} MB.",
        "파일이 {limit_mb} MB보다 큽니다.",
        "Upload one single X-ray per file.",
        "파일 하나에 X선 영상 한 장만 담아 올려 주세요.",
    ),
    "unknown_format": Row(
        "This is no JPEG, PNG or DICOM file, whatever its name says.",
        "파일 이름과 관계없이 JPEG, PNG, DICOM 형식이 아닙니다.",
        "Export the X-ray as DICOM, JPEG or PNG and upload that file.",
        "X선 영상을 DICOM, JPEG 또는 PNG로 내보내서 올려 주세요.",
    ),
    "executable_preamble": Row(
        "The file is DICOM and at the same time a program or document. It is not taken in.",
        "DICOM 파일이면서 동시에 실행 파일이나 문서 형식입니다. 받을 수 없습니다.",
        "Do not open the file. Tell whoever looks after security where it came from.",
        "파일을 열지 말고, 보안 담당자에게 파일의 출처를 알려 주세요.",
    ),
    "no_transfer_syntax": Row(
        "The DICOM header does not say how the picture is encoded (no transfer syntax).",
        "DICOM 헤더에 영상 부호화 방식(전송 구문)이 없습니다.",
        "Send the picture from the PACS again, as a DICOM file with its file meta information.",
        "PACS에서 파일 메타 정보가 포함된 DICOM 파일로 다시 보내 주세요.",
    ),
    "unsupported_transfer_syntax": Row(
        "The picture is compressed in a way that is not read here (transfer syntax {uid}).",
        "지원하지 않는 압축 방식입니다(전송 구문 {uid}).",
        "Export it uncompressed, or as JPEG 2000, JPEG-LS or JPEG lossless.",
        "압축하지 않거나 JPEG 2000, JPEG-LS, 무손실 JPEG로 내보내 주세요.",
    ),
    "damaged_file": Row(
        "The file is damaged and cannot be read.",
        "파일이 손상되어 읽을 수 없습니다.",
        "Export the picture again and upload that file.",
        "영상을 다시 내보낸 뒤 그 파일을 올려 주세요.",
    ),
    "truncated_file": Row(
        "The file ends too early: part of the picture is missing.",
        "파일이 중간에 끊겨 영상의 일부가 없습니다.",
        "Copy or export the file again and check that its size is the same.",
        "파일을 다시 복사하거나 내보내고 크기가 같은지 확인해 주세요.",
    ),
    "contradicting_header": Row(
        "The header describes another picture than the file holds.",
        "헤더의 내용이 파일에 들어 있는 영상과 맞지 않습니다.",
        "Send the picture from the PACS again. If it stays so, tell the maker of the device.",
        "PACS에서 영상을 다시 보내 주세요. 계속되면 장비 제조사에 알려 주세요.",
    ),
    "incomplete_header": Row(
        "The DICOM header lacks {keyword}, without which the picture cannot be read.",
        "DICOM 헤더에 영상을 읽는 데 필요한 {keyword} 항목이 없습니다.",
        "Send the picture from the PACS again.",
        "PACS에서 영상을 다시 보내 주세요.",
    ),
    "too_many_pixels": Row(
        "The picture is larger than {megapixels} megapixels, or one of its sides is longer than {side} pixels.",
        "영상이 {megapixels} 메가픽셀보다 크거나 한 변이 {side} 픽셀보다 깁니다.",
        "Export it at the size at which it was taken.",
        "촬영된 원래 크기로 내보내 주세요.",
    ),
    "too_large_inflated": Row(
        "The file is small and unpacks to more than {limit_mb} MB. No X-ray does.",
        "압축을 풀면 {limit_mb} MB가 넘는 파일입니다. X선 영상은 그렇게 커지지 않습니다.",
        "Export the picture without the deflated transfer syntax.",
        "Deflated 전송 구문을 쓰지 않고 다시 내보내 주세요.",
    ),
    "multi_frame": Row(
        "The file holds more than one picture.",
        "파일에 영상이 두 장 이상 들어 있습니다.",
        "Export the one X-ray that is to be read as a file of its own.",
        "판독할 X선 영상 한 장만 따로 내보내 주세요.",
    ),
    "no_pixels": Row(
        "The DICOM file holds no picture; it may be a report, a plan or an index.",
        "DICOM 파일에 영상이 없습니다. 보고서, 치료 계획 또는 목록 파일일 수 있습니다.",
        "Choose the X-ray itself in the study.",
        "검사에서 X선 영상 파일을 선택해 주세요.",
    ),
    "float_pixels": Row(
        "The DICOM file holds a map of numbers and no X-ray.",
        "DICOM 파일에 X선 영상이 아닌 수치 지도가 들어 있습니다.",
        "Choose the X-ray itself in the study.",
        "검사에서 X선 영상 파일을 선택해 주세요.",
    ),
    "unsupported_jpeg": Row(
        "This kind of JPEG is not read here; 8-bit baseline and progressive files are.",
        "지원하지 않는 종류의 JPEG입니다. 8비트 baseline, progressive JPEG만 읽을 수 있습니다.",
        "Save the picture as PNG, or as an ordinary JPEG.",
        "PNG 또는 일반 JPEG로 저장해 주세요.",
    ),
    "cmyk_without_adobe": Row(
        "The JPEG is in printing colours and does not say which way round, so dark and bright could be swapped.",
        "인쇄용 색상(CMYK) JPEG인데 색 방향이 표시되지 않아 밝기가 뒤바뀔 수 있습니다.",
        "Save the picture in grey or RGB.",
        "회색조 또는 RGB로 저장해 주세요.",
    ),
    "unsupported_photometric": Row(
        "The picture's colours are encoded in a way that is not read here.",
        "지원하지 않는 색상 표현 방식의 영상입니다.",
        "Export it as MONOCHROME2, or as PNG.",
        "MONOCHROME2 또는 PNG로 내보내 주세요.",
    ),
    "unsupported_bits": Row(
        "The picture has {bits} bits per sample, in a combination that is not read here.",
        "지원하지 않는 비트 구성입니다(샘플당 {bits}비트).",
        "Export it with 8 to 16 bits.",
        "8~16비트로 내보내 주세요.",
    ),
    "out_of_memory": Row(
        "Reading the picture took more memory than one picture may.",
        "영상을 읽는 데 허용된 것보다 많은 메모리가 필요합니다.",
        "Try once more. If it stays so, export the picture uncompressed.",
        "한 번 더 시도해 주세요. 계속되면 압축하지 않고 내보내 주세요.",
        can_retry=True,
    ),
    "decoder_crashed": Row(
        "The program that reads the picture was ended by this file several times.",
        "이 파일 때문에 영상을 읽는 프로그램이 여러 번 비정상 종료되었습니다.",
        "Export the picture again, uncompressed or as PNG.",
        "압축하지 않거나 PNG로 영상을 다시 내보내 주세요.",
    ),
    "took_too_long": Row(
        "Reading the picture took longer than one picture may.",
        "영상을 읽는 데 허용된 시간이 지났습니다.",
        "Try once more. If it stays so, export the picture uncompressed or as PNG.",
        "한 번 더 시도해 주세요. 계속되면 압축하지 않거나 PNG로 내보내 주세요.",
        can_retry=True,
    ),
}
