"""The headings that Korean company lists use, as data. Spaces, punctuation, width and case do not matter."""

from __future__ import annotations

import re

from outreach.companies.rules import compact

_NAMES = {
    "company.name": """
        기업명, 기업체명, 기업이름, 회사명, 회사이름, 업체명, 업체이름, 상호, 상호명, 상호(법인명),
        상호 또는 법인명, 법인명, 법인(단체)명, 단체명, 기관명, 입주기업명, 입주업체명, 참여기업명, 회원사,
        회원사명, 고객사명, 거래처명, 거래처, 기업체, 업체, 기업, 회사, company, company name, name of company,
        corporation, business name, organization""",
    "company.business_number": """
        사업자등록번호, 사업자번호, 사업자등록 No, 사업자 No, 사업자, 사업자등록증번호, BRN, business number,
        business registration number, business registration no, business reg no, business no, biz no, biz reg no,
        business license no""",
    "company.corporate_number": """
        법인등록번호, 법인번호, corporate number, corporate registration number, corporation number""",
    "company.representative": """
        대표자, 대표자명, 대표자성명, 대표자이름, 대표, 대표명, 대표이사, 대표이사명, 성명(대표자), 사업주, 사업주명,
        대표자성함, CEO, CEO name,
        representative, representative name, president""",
    "company.homepage": "홈페이지, 홈페이지주소, 누리집, 웹사이트, 회사홈페이지, URL, homepage, website, web",
    "company.memo": "비고, 메모, 특이사항, 참고사항, 참고, 기타, 기타사항, memo, note, notes, remark, remarks, comment",
    "workplace.number": """
        사업장관리번호, 사업장번호, 고용보험관리번호, 고용보험사업장관리번호, 산재관리번호, 보험관리번호,
        workplace number, workplace management number, workplace no""",
    "workplace.name": """
        사업장명, 사업장명칭, 사업장이름, 사업장, 지점명, 공장명, 지사명, 사업소명, workplace, workplace name, site,
        site name, branch, branch name""",
    "workplace.industry_code": """
        업종코드, 산업코드, 산업분류코드, 표준산업분류코드, 한국표준산업분류코드, 표준산업분류, KSIC 코드, KSIC,
        KSIC code, industry code""",
    "workplace.industry": """
        업종, 업종명, 업종명칭, 산업, 산업명, 산업분류, 산업분류명, 주업종, 주업종명, 업태, 종목, 업태/종목,
        주생산품, 주생산품명, 생산품, 주요생산품, 취급품목, industry, industry name, business type, sector""",
    "workplace.headcount": """
        상시근로자수, 상시근로자, 상시근로자인원, 상시인원, 근로자수, 근로자, 근로자인원, 피보험자수,
        고용보험피보험자수, 고용보험가입자수, 피보험자, 종업원수, 종업원, 종사자수, 종사자, 직원수, 인원, 인원수,
        사원수, 고용인원, 임직원수, 총인원, 총근로자수, headcount, employees, employee, number of employees,
        no of employees, employee count, staff""",
    "workplace.phone": """
        전화번호, 전화, 회사전화, 회사전화번호, 회사연락처, 기업전화, 기업전화번호, 기업연락처, 대표전화,
        대표전화번호, 대표번호, 사업장전화, 사업장전화번호, 업체전화번호, 유선전화, 유선번호, 일반전화, tel,
        telephone, phone, phone number, company phone, telephone number, tel no, main phone""",
    "workplace.postcode": "우편번호, 소재지우편번호, zip, zip code, postcode, postal code",
    "workplace.address": """
        주소, 도로명주소, 소재지, 소재지주소, 회사주소, 기업주소, 사업장주소, 사업장소재지, 사업장소재지주소,
        본사주소, 본점주소, 본사소재지, 본점소재지, 공장소재지, 공장주소, 상세주소, 나머지주소, 기본주소, 지번주소,
        업체주소, 회사소재지, 기업소재지, 주소1, 주소2, address, company address, street address, address 1,
        address 2, location""",
    "workplace.region": """
        지역, 시도, 시·도, 시도명, 시군구, 시·군·구, 시군구명, 시군, 구군, 행정구역, 관할지역, 소재지역, 권역,
        province, city, district, region, area""",
    "workplace.complex": """
        산업단지, 산업단지명, 산단, 산단명, 단지, 단지명, 입주단지, 입주산업단지, 공단, 공단명, 소속단지,
        industrial complex, complex, industrial park""",
    "contact.name": """
        담당자, 담당자명, 담당자성명, 담당자이름, 담당자성함, 담당, 성명, 이름, 성함, 업무담당자,
        업무담당자명, 인사담당자, 인사담당자명, 실무자, 실무자성함, 실무자명, 실무담당자, 신청인, 신청자, 신청자명,
        참석자, 참석자명, contact, contact name, contact person, person in charge, manager, manager name, name""",
    "contact.title": """
        직위, 직책, 직급, 부서, 부서명, 팀, 팀명, 소속부서, 직위/직책, 부서/직위, 부서 및 직위, 소속/직위, 담당자직위,
        담당자직책, 담당자직급, 담당자소속, 담당자부서, 담당자부서명, 담당부서, 담당부서명, 소속, title,
        job title, job position, position, department, dept, contact title, contact position, contact department,
        rank""",
    "contact.email": """
        이메일, 이메일주소, 전자우편, 전자우편주소, 전자메일, 메일, 메일주소, e메일, 담당자이메일, 담당자이메일주소,
        담당자메일, 담당자메일주소, 담당자전자우편, 대표이메일, 회사이메일, 기업이메일, 대표자이메일, 업무용이메일,
        email, e-mail, email address, mail, contact email, contact mail""",
    "contact.phone": """
        담당자전화, 담당자전화번호, 담당자연락처, 담당자직통, 담당자직통전화, 담당자번호, 담당자회사전화, 직통전화,
        직통전화번호, 직통번호, 담당자직통전화번호, 실무자연락처, 담당연락처, contact phone, contact tel,
        contact telephone, contact phone number, direct phone, contact number""",
    "contact.mobile": """
        휴대폰, 휴대폰번호, 휴대전화, 휴대전화번호, 핸드폰, 핸드폰번호, 이동전화, 휴대번호, HP, 담당자휴대폰,
        담당자휴대폰번호, 담당자휴대전화, 담당자휴대전화번호, 담당자핸드폰, 담당자핸드폰번호, 담당자HP, mobile,
        mobile phone, mobile number, cell, cell phone, contact mobile""",
    "contact.consent": """
        수신동의, 수신동의여부, 메일수신동의, 메일수신동의여부, 이메일수신동의, 이메일수신동의여부, 이메일수신여부,
        메일수신여부, 수신여부, 광고수신동의, 광고성정보수신동의, 광고성정보수신동의여부, 마케팅수신동의,
        마케팅수신동의여부, 정보수신동의, 홍보수신동의, 홍보메일수신동의, 뉴스레터수신동의, 동의여부, consent,
        opt-in, email consent, marketing consent, subscribed""",
    "contact.consent_on": """
        동의일, 동의일자, 동의일시, 동의날짜, 동의시점, 수신동의일, 수신동의일자, 수신동의일시, 수신동의날짜,
        consent date, date of consent, opt-in date""",
    "contact.consent_how": """
        동의방법, 동의방식, 동의경로, 동의수단, 동의근거, 동의증빙, 수신동의방법, 수신동의방식, 수신동의경로,
        수신동의근거, consent how, consent method, consent source""",
    # columns that lists have and nobody needs here; consent to data processing is not consent to mail
    "": """
        연번, 순번, 번호, No, 일련번호, 순서, nr, seq, 구분, 팩스, 팩스번호,
        팩시밀리, fax, fax no, 회사팩스, 담당자팩스, 계,
        합계, 소계, 등록일, 등록일자, 작성일, 설립일, 설립일자, 설립연도, 설립년도, 창립일, 매출액, 매출, 자본금,
        기업규모, 기업구분, 기업형태, 법인구분, 개업일, 개업일자, 입주일, 입주일자, 개인정보동의,
        개인정보수집이용동의, 개인정보수집이용동의여부, 개인정보활용동의""",
}

KNOWN = {compact(name): target for target, names in _NAMES.items() for name in names.split(",")}
"""Heading (compact) to target; '' for columns that are known but not read."""

PATTERNS = tuple(
    (re.compile(pattern), target)
    for pattern, target in (
        (r"개인정보.*동의|팩스|fax", ""),
        (r"사업자.*번호|businessreg|^brn", "company.business_number"),
        (r"법인.*번호", "company.corporate_number"),
        (r"사업장.*관리번호|고용보험.*번호", "workplace.number"),
        (r"동의.*(?:일자|일시|날짜|일)$", "contact.consent_on"),
        (r"동의.*(?:방법|경로|방식|근거)|수집경로", "contact.consent_how"),
        (r"수신.*(?:동의|여부|허용)", "contact.consent"),
        (r"이메일|전자우편|email|메일", "contact.email"),
        (r"휴대|핸드폰|mobile|cellphone", "contact.mobile"),
        (r"담당.*(?:전화|연락처|tel|phone)", "contact.phone"),
        (r"전화|연락처|telephone|phone", "workplace.phone"),
        (r"우편번호|postcode|zipcode", "workplace.postcode"),
        (r"산업분류.*코드|업종.*코드|ksic", "workplace.industry_code"),
        (r"(?:근로자|종업원|피보험자|종사자|직원|상시).*(?:수|인원|현황|규모)|employees", "workplace.headcount"),
        (r"주소|소재지|address", "workplace.address"),
        (r"산업단지|산단|단지명", "workplace.complex"),
        (r"업종|업태|종목", "workplace.industry"),
        (r"대표(?:자|이사)", "company.representative"),
        (r"(?:기업|회사|업체|법인|단체|기관|상호).*명|companyname", "company.name"),
        (r"직위|직책|직급|부서", "contact.title"),
        (r"담당자|contactperson", "contact.name"),
        (r"홈페이지|누리집|homepage|website", "company.homepage"),
        (r"비고|특이사항", "company.memo"),
    )
)
"""Tried in order on a heading that is not :data:`KNOWN`."""
